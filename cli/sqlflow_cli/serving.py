"""Runs a server in this process: for as long as it is told, or for one command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from sqlflow import errors
from sqlflow_cli import exits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow_server.settings import Settings


def serve(*, until_eof: bool, **given: Any) -> None:
    """Serve until SIGTERM, SIGINT, or the end of standard input.

    The first and only line of standard output is the address.

    Args:
        until_eof: end with standard input too, so that a parent that dies leaves no server.
        given: settings that the command line names; the environment has the others.

    Raises:
        UserError: a setting is wrong, or the server is not installed.
    """
    if sys.stderr.isatty() and "SQLFLOW_LOG_FORMAT" not in os.environ:
        given["log_format"] = "console"  # who looks at it is a person
    settings = _settings(**given)
    from sqlflow_server import main

    if until_eof:
        threading.Thread(target=_end_with_input, daemon=True).start()
    asyncio.run(main.serve(settings, on_ready=_announce))


def _announce(address: str) -> None:
    print(address, flush=True)
    exits.say(f"serving; clients find it by SQLFLOW_SERVER={address}")


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def in_process() -> Iterator[str]:
    """Serve the local runner from a thread, on a free loopback port; yield the address.

    Jobs do not need it to go on: each has a supervisor process of its own, and the next command
    finds them in the same state directory.

    Raises:
        UserError: a setting is wrong, or the server is not installed.
    """
    quiet = {} if "SQLFLOW_LOG_LEVEL" in os.environ else {"log_level": "error"}
    settings = _settings(log_format="console", **quiet)
    address: Future[str] = Future()
    done = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serving(settings, address, done)), daemon=True
    )
    thread.start()
    try:
        yield address.result()
    finally:
        done.set()
        thread.join()


async def _serving(settings: Settings, address: Future[str], done: threading.Event) -> None:
    from sqlflow_server import embedding

    try:
        async with embedding.local_server(settings) as bound:
            address.set_result(bound)
            await asyncio.to_thread(done.wait)
    except Exception as error:
        if address.done():
            raise
        address.set_exception(error)  # raised again in the thread that waits


def _settings(**given: Any) -> Settings:
    try:
        import pydantic
        from sqlflow_server.settings import Settings
    except ImportError as error:
        raise errors.UserError(
            "no server is named, and none is installed here: give --server HOST:PORT, or "
            f"install 'sqlflow-argo[local]' ({error})"
        ) from None
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        # Not str(error): it shows the value, and the data source holds a password.
        raise errors.UserError("\n".join(map(_fault, error.errors(include_input=False)))) from None


def _fault(fault: Any) -> str:
    name = "_".join(["SQLFLOW", *map(str, fault["loc"])]).upper()
    return f"{name}: {fault['msg']}"
