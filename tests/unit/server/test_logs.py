"""What the server's log holds of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from sqlflow_server import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_has_no_values_of_variables(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", form)
    password = "correct-horse-" + "battery"
    try:
        len(password) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")

    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "correct-horse-battery" not in told
