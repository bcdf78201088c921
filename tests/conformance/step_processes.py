"""Runs real steps, both processes, and reads their frames.

What a statement does to its process (crash, print, hang) is told by code that stands in for
``sqlflow.ml``: a ``sitecustomize`` puts it there, so that the step itself needs no door for tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlflow
from sqlflow.plan.program import Kind, Program, Statement
from sqlflow.sql.clauses import ShowTrain
from sqlflow.wire import frames, rows, statuses
from sqlflow.wire.frames import Frame, Mark, Stream
from sqlflow.wire.statuses import Event, Status

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence

DEADLINE = 30.0

_STAND_IN = """
import ctypes, os, signal, subprocess, sys, time
from pathlib import Path
from types import ModuleType

def wait_for(name):
    deadline = time.monotonic() + {deadline}
    while not Path(name).exists():
        assert time.monotonic() < deadline, "nobody came"
        time.sleep(0.005)

def execute(statement, context):
    report = context.report
{body}

module = ModuleType("sqlflow.ml")
module.__path__ = [{path!r}]
module.execute = execute
sys.modules["sqlflow.ml"] = module
"""


@dataclass
class Outcome:
    """What a step left: its frames, in order, and how its parent ended."""

    frames: list[Frame]
    exit_code: int
    stderr: str
    folder: Path
    lines: list[bytes] = field(default_factory=list)

    def records(self, *streams: Stream) -> list[tuple[Stream, str]]:
        """Return whole records, each where its first piece stands."""
        out: list[list[Any]] = []
        started: dict[Stream, list[Any]] = {}
        for frame in self.frames:
            if frame.stream in started:
                started[frame.stream][1] += frame.text
            else:
                started[frame.stream] = [frame.stream, frame.text]
                out.append(started[frame.stream])
            if frame.mark is not Mark.MORE:
                del started[frame.stream]
        assert not started, "a record has no end"
        return [(s, text) for s, text in out if not streams or s in streams]

    def text(self, stream: Stream) -> list[str]:
        return [text for _, text in self.records(stream)]

    def statuses(self, *events: Event) -> list[Status]:
        found = [statuses.parse(text) for _, text in self.records(Stream.STATUS)]
        return [s for s in found if s is not None and (not events or s.event in events)]

    def status(self, event: Event) -> Status:
        (status,) = self.statuses(event)
        return status

    def table(self) -> list[tuple[Any, ...]]:
        header, *batches = self.text(Stream.ROW)
        codec = rows.RowCodec(rows.header_from_json(header))
        return [row for batch in batches for row in codec.decode(batch)]

    def ending(self) -> Mapping[str, Any]:
        """Return the details of the end, which is last and agrees with the rest."""
        numbers = [frame.seq for frame in self.frames]
        assert numbers == list(range(1, len(numbers) + 1))
        first, *_, last = self.statuses()
        assert first.event is Event.BEGIN
        assert last.event is Event.END
        message = json.loads((self.folder / "termination").read_bytes())
        assert message == {"message": last.text, **last.details}
        return last.details


class Step:
    """One step in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "SQLFLOW_DATA_SOURCE_FILE": str(folder / "dsn"),
            "SQLFLOW_TERMINATION_MESSAGE": str(folder / "termination"),
        }
        self.command = (sys.executable, "-P", "-m", "sqlflow.step")
        self.index = 1
        self.dsn("duckdb:///test.duckdb")

    def dsn(self, text: str) -> None:
        (self.folder / "dsn").write_text(text, encoding="utf-8")

    def program(self, *statements: Statement, dialect: str = "duckdb") -> None:
        program = Program(dialect=dialect, statements=statements)
        (self.folder / "program.json").write_text(program.to_json(), encoding="utf-8")

    def sql(self, text: str, *, session: Sequence[str] = (), writes: Sequence[str] = ()) -> None:
        """Let the step run one statement of standard SQL."""
        self.program(
            Statement(
                id="s01-select",
                index=1,
                kind=Kind.STANDARD,
                text=text,
                session=tuple(session),
                writes=tuple(writes),
            )
        )

    def code(self, body: str, *, dialect: str = "duckdb") -> None:
        """Let the step run Python as an extended statement; ``report`` is at hand."""
        self.program(
            Statement(
                id="s01-show-train",
                index=1,
                kind=Kind.SHOW_TRAIN,
                text="SHOW TRAIN m",
                clause=ShowTrain("m"),
            ),
            dialect=dialect,
        )
        self.customize(
            _STAND_IN.format(
                body=textwrap.indent(textwrap.dedent(body), "    "),
                path=str(Path(sqlflow.__file__).parent / "ml"),
                deadline=DEADLINE,
            )
        )

    def customize(self, text: str) -> None:
        shim = self.folder / "shim"
        shim.mkdir(exist_ok=True)
        (shim / "sitecustomize.py").write_text(text, encoding="utf-8")
        paths = (str(shim), self.environment.get("PYTHONPATH", ""))
        self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))

    def start(self, *, stdout: int = subprocess.PIPE) -> Running:
        return Running(self, stdout)

    def run(self, *, limit: int | None = None) -> Outcome:
        if limit is not None:
            self.environment["SQLFLOW_STEP_OUTPUT_LIMIT"] = str(limit)
        return self.start().finish()


class Running:
    """A step that runs; its frames are read as they come."""

    def __init__(self, step: Step, stdout: int) -> None:
        self._folder = step.folder
        self._stderr = (step.folder / "stderr").open("w+b")
        self.process = subprocess.Popen(
            [*step.command, "program.json", str(step.index)],
            cwd=step.folder,
            env=step.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=self._stderr,
        )
        self._lines: list[bytes] = []

    def read_until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Read on until a frame is as wanted; pytest's timeout is the deadline."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)
            frame = frames.decode(line)
            assert frame is not None
            if wanted(frame):
                return frame
        raise AssertionError("the step ended without it")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def touch(self, name: str) -> None:
        """Let code go on that waits for this file."""
        (self._folder / name).touch()

    def finish(self) -> Outcome:
        """Read to the end."""
        if self.process.stdout is not None:
            with self.process.stdout as out:
                self._lines += out
        self.process.wait(DEADLINE)
        self._stderr.seek(0)
        with self._stderr:
            stderr = self._stderr.read().decode()
        decoded = [frames.decode(line) for line in self._lines]
        found = [frame for frame in decoded if frame is not None]
        assert len(found) == len(decoded), "something stands between the frames"
        return Outcome(found, self.process.returncode, stderr, self._folder, self._lines)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def peak_memory(pid: int) -> list[int]:
    """Return the most that a process and each of its children ever held, in KiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    statuses = (Path(f"/proc/{p}/status").read_text(encoding="utf-8") for p in (pid, *children))
    return [int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) for status in statuses]
