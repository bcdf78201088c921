"""``python -m sqlflow_server``: serve with the settings of the environment."""

from __future__ import annotations

import asyncio
import sys

import pydantic

from sqlflow.errors import SQLFlowError
from sqlflow_server.main import serve
from sqlflow_server.settings import Settings


def _say(address: str) -> None:
    print(address, flush=True)  # noqa: T201 - standard output holds this line and nothing else


def main() -> int:
    """Run; exit code 2 for settings that can't be, 1 when the server can't start."""
    try:
        settings = Settings()
    except pydantic.ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = "SQLFLOW_" + "_".join(str(part) for part in fault["loc"]).upper()
            text = fault["msg"].removeprefix("Value error, ")
            print(f"{name.rstrip('_')}: {text}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        asyncio.run(serve(settings, on_ready=_say))
    except SQLFlowError as error:
        print(f"sqlflow server: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
