"""What a log of ours holds of an error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from sqlflow import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "correct-horse-" + "battery"


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_has_no_values_of_variables(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", form)
    password = PASSWORD
    try:
        len(password) / 0
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")

    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert PASSWORD not in told


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_of_a_library_has_none_either(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    library = logging.Logger("library")  # noqa: LOG001 - known to nobody else
    library.addHandler(logs.library_handler(form))
    password = PASSWORD
    try:
        len(password) / 0
    except ZeroDivisionError:
        library.exception("failed")

    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert PASSWORD not in told
