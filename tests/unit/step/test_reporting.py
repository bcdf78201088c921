from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from sqlflow.step.recording import Recorder
from sqlflow.step.reporting import StepReporter
from sqlflow.wire.rows import Column, Type

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pipe:
    """Keeps what a recorder writes."""

    def __init__(self) -> None:
        self._reader, self.fd = os.pipe()
        os.set_blocking(self._reader, False)

    def records(self) -> list[bytes]:
        return os.read(self._reader, 65536).splitlines()

    def status(self) -> dict[str, object]:
        (record,) = self.records()
        status: dict[str, object] = json.loads(record[1:])
        return status

    def close(self) -> None:
        os.close(self._reader)
        os.close(self.fd)


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    pipe.close()


@pytest.fixture
def report(pipe):
    return StepReporter(Recorder(pipe.fd))


@pytest.mark.parametrize(
    "say",
    [
        lambda report: report.message("pw is geheim7!"),
        lambda report: report.warning("pw is geheim7!"),
        lambda report: report.progress("pw is geheim7!", unit="epoch", done=1, total=1, metrics={}),
        lambda report: report.figure(b"", "pw is geheim7!"),
        lambda report: report.error("pw is geheim7!", {}),
    ],
)
def test_no_text_leaves_with_a_secret(report, pipe, say):
    report.redact = lambda text: text.replace("geheim7", "***")
    say(report)
    assert pipe.status()["text"] == "pw is ***!"


def test_a_long_error_is_shortened_after_its_secrets_are_out(report, pipe):
    report.redact = lambda text: text.replace("geheim7", "***")
    report.error("x" * 3998 + "geheim7" + "y" * 100, {"reason": "INTERNAL"})
    assert pipe.status()["text"] == "x" * 3998 + "** …"


def test_rows_stop_where_no_more_can_be_shown(pipe):
    report = StepReporter(Recorder(pipe.fd), row_limit=30_000)
    asked = []

    def batches() -> Iterator[list[tuple[str]]]:
        for number in range(1000):
            asked.append(number)
            yield [("x" * 8000,)]

    report.rows([Column("t", Type.TEXT)], batches())
    assert len(pipe.records()) == 5
    assert asked == [0, 1, 2, 3]


def test_a_record_is_one_line_whatever_it_says(report, pipe):
    report.message("one\ntwo\u2028three\r")
    assert pipe.status()["text"] == "one\ntwo\u2028three\r"
