from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sqlflow.step.printing import OutputError, Printer
from sqlflow.wire import frames
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Event, Status, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Output:
    """A file that a printer prints to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def lines(self) -> list[bytes]:
        return self._path.read_bytes().splitlines(keepends=True)

    def texts(self, stream: Stream) -> list[str]:
        found = [frames.decode(line) for line in self.lines()]
        return [f.text for f in found if f is not None and f.stream is stream]

    def events(self) -> list[Event]:
        found = [parse(text) for text in self.texts(Stream.STATUS)]
        return [status.event for status in found if status is not None]


@pytest.fixture
def output(tmp_path: Path) -> Iterator[Output]:
    out = Output(tmp_path / "out")
    yield out
    os.close(out.fd)


def message(text: str) -> str:
    return Status(Event.MESSAGE, text).to_json()


def test_frames_are_numbered_over_all_streams(output):
    printer = Printer(output.fd, 0)
    printer.text(Stream.STDOUT, "a", more=False)
    printer.text(Stream.STDERR, "b", more=False)
    printer.row("[[1]]")
    printer.status(message("c"))
    printer.flush()
    assert output.lines() == [
        b'sf1 1 o. "a"\n',
        b'sf1 2 e. "b"\n',
        b"sf1 3 r. [[1]]\n",
        b'sf1 4 s. {"event": "message", "text": "c"}\n',
    ]


def test_a_line_in_pieces_is_marked_as_one_line(output):
    printer = Printer(output.fd, 0)
    printer.text(Stream.STDOUT, "a", more=True)
    printer.text(Stream.STDERR, "other", more=False)
    printer.text(Stream.STDOUT, "b", more=True)
    printer.text(Stream.STDOUT, "", more=False)
    printer.text(Stream.STDOUT, "next", more=False)
    printer.flush()
    assert output.lines() == [
        b'sf1 1 o+ "a"\n',
        b'sf1 2 e. "other"\n',
        b'sf1 3 o+ "b"\n',
        b'sf1 4 o$ ""\n',
        b'sf1 5 o. "next"\n',
    ]


@pytest.mark.parametrize(("more", "last"), [(True, "+"), (False, "$")])
def test_a_long_piece_goes_on_unless_its_line_ends(output, more, last):
    printer = Printer(output.fd, 0)
    printer.text(Stream.STDOUT, "x" * 10_000, more=more)
    printer.flush()
    assert [chr(line[7]) for line in output.lines()] == ["+", last]


def test_what_does_not_fit_is_dropped_as_a_whole(output):
    printer = Printer(output.fd, 100_000)
    printer.row("[[" + "1," * 20_000 + "1]]")
    assert printer.truncated
    printer.row("[[2]]")
    printer.text(Stream.STDOUT, "short", more=False)
    printer.flush()
    assert output.texts(Stream.ROW) == []
    assert output.texts(Stream.STDOUT) == []
    assert output.events() == [Event.TRUNCATED]


def test_each_line_counts_with_what_the_container_runtime_adds(output):
    printer = Printer(output.fd, 64 * 1024 + 2 * (len(b'sf1 1 o. "x"\n') + 48))
    for _ in range(3):
        printer.text(Stream.STDOUT, "x", more=False)
    printer.flush()
    assert output.texts(Stream.STDOUT) == ["x", "x"]
    assert printer.truncated


def test_a_line_that_was_begun_is_ended_when_the_rest_is_dropped(output):
    printer = Printer(output.fd, 66_000)
    printer.text(Stream.STDOUT, "begun", more=True)
    printer.text(Stream.STDOUT, "x" * 2_000, more=True)
    printer.flush()
    assert output.lines()[:2] == [b'sf1 1 o+ "begun"\n', b'sf1 2 o$ ""\n']
    assert output.events() == [Event.TRUNCATED]


def test_statuses_go_on_after_text_was_dropped_and_the_ending_always_fits(output):
    printer = Printer(output.fd, 100_000)
    for number in range(1000):
        printer.text(Stream.STDOUT, "x" * 100, more=False)
        printer.status(message(f"{number}" * 100))
    printer.status(Status(Event.END, "e" * 8_000).to_json(), last=True)
    printer.status(Status(Event.END, "e" * 8_000).to_json(), last=True)
    printer.flush()
    events = output.events()
    assert events.count(Event.TRUNCATED) == 1
    assert events.index(Event.TRUNCATED) < len(events) - 50
    assert sum(len(line) + 48 for line in output.lines()) <= 100_000
    assert events[-2:] == [Event.END, Event.END]


@pytest.mark.parametrize(("limit", "said"), [(8 * 1024**2, "8 MiB"), (200_000, "195 KiB")])
def test_the_limit_is_said_in_units_for_people(output, limit, said):
    printer = Printer(output.fd, limit)
    printer.row("x" * limit)
    printer.flush()
    (text,) = output.texts(Stream.STATUS)
    assert text.startswith(f'{{"event": "truncated", "text": "The output is larger than {said}, ')


def test_without_a_limit_nothing_is_dropped(output):
    printer = Printer(output.fd, 0)
    printer.row("[" + "1," * 5_000_000 + "1]")
    printer.flush()
    assert not printer.truncated
    assert sum(map(len, output.texts(Stream.ROW))) == 10_000_003


def test_a_full_disk_is_told():
    full = os.open("/dev/full", os.O_WRONLY)
    printer = Printer(full, 0)
    printer.row("[]")
    with pytest.raises(OutputError, match=r"can't be written: No space left on device"):
        printer.flush()
    os.close(full)
