"""A real server in a process of its own, and the plain loop of a client that reads from it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.duration_pb2 import Duration
from sqlflow_server.runners.local import files

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
"""Seconds after which a test gives up; far more than anything takes."""

Entry = tuple[int, int, int, int, str, bool]


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return the condition's first true value."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.005)
    return value


def seconds(value: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(value * 1e9))
    return duration


def _is_free(path: Path) -> bool:
    return not files.is_locked(path)


@dataclass
class Transcript:
    """What a reader has got so far."""

    job: pb.Job = field(default_factory=pb.Job)
    entries: list[Entry] = field(default_factory=list)
    token: str = ""
    end: bool = False
    pages: int = 0

    def take(self, page: pb.Page) -> None:
        self.entries += [(r.step, r.attempt, r.seq, r.stream, r.text, r.more) for r in page.records]
        self.token, self.job, self.end = page.token, page.job, page.end
        self.pages += 1

    def texts(self, stream: pb.Stream.ValueType, step: int | None = None) -> list[str]:
        return [e[4] for e in self.entries if e[3] == stream and step in (None, e[0])]

    def statuses(self, step: int | None = None) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts(pb.STATUS, step)]

    def rows(self, step: int) -> list[list[Any]]:
        """The rows of a statement, without their header."""
        _, *batches = self.texts(pb.ROWS, step)
        return [row for batch in batches for row in json.loads(batch)]


class ServerProcess:
    """``python -m sqlflow_server`` on a state directory, on a free port."""

    def __init__(self, state: Path, **settings: Any) -> None:
        self.state = state
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._channel: grpc.Channel | None = None
        self.address = ""
        self.stub: Any = None
        self.log = state.parent / f"{state.name}.log"

    def start(self, *, again: bool = False) -> ServerProcess:
        """Start it and wait until it serves; ``again``: at the address that it had."""
        listen = {"SQLFLOW_LISTEN": self.address} if again else {}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sqlflow_server"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | self._environment() | listen,
            )
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], PATIENCE)[0], "no address in time"
        self.address = self._process.stdout.readline().strip()
        assert self.address, self.log.read_text()
        self._channel = grpc.insecure_channel(self.address)
        self.stub = sqlflow_pb2_grpc.SQLFlowStub(self._channel)
        return self

    def _environment(self) -> dict[str, str]:
        settings = {"listen": "127.0.0.1:0", "state_directory": self.state} | self._settings
        return {f"SQLFLOW_{name.upper()}": str(value) for name, value in settings.items()}

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """Ask it to end; return its exit code."""
        return self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        assert self._process is not None
        code = self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        if self._channel is not None:
            self._channel.close()
        self._process = None
        return code

    def _end(self, number: signal.Signals) -> int:
        self.send(number)
        return self.wait()

    def restart(self) -> None:
        """Kill it and start another on the same state directory."""
        self.kill()
        self.start()

    def clean_up(self) -> None:
        """End the server and every job."""
        if self._process is not None:
            self.kill()
        self.end_jobs()

    def end_jobs(self) -> None:
        """End every job that has a supervisor."""
        for job in self.jobs():
            if files.is_locked(job / "lock"):
                (job / "cancel-now").touch()
        for job in self.jobs():
            until(functools.partial(_is_free, job / "lock"), f"{job.name} is over")

    def jobs(self) -> list[Path]:
        """The directories of all jobs."""
        root = self.state / "jobs"
        return sorted(p for p in root.iterdir() if p.name[0] != ".") if root.exists() else []

    def supervisor(self, job: str) -> int:
        """The process id of a job's supervisor, once it has one."""
        pid: int = until(lambda: self._living_supervisor(job), f"{job} has a supervisor")
        return pid

    def _living_supervisor(self, job: str) -> int:
        lock = self.state / "jobs" / job / "lock"
        if files.is_locked(lock) and (text := lock.read_text().strip()):
            with contextlib.suppress(FileNotFoundError):  # it is the id of the one before
                if os.fsencode(lock.parent) in Path(f"/proc/{text}/cmdline").read_bytes():
                    return int(text)
        return 0

    def run(self, program: str, **fields: Any) -> str:
        """Submit a program; return the job's id."""
        job: str = self.stub.Run(pb.RunRequest(program=program, **fields), timeout=PATIENCE).job.id
        return job

    def fetch(self, job: str, transcript: Transcript, **fields: Any) -> pb.Page:
        """Read one page and take it."""
        request = pb.FetchRequest(job=job, token=transcript.token, **fields)
        page: pb.Page = self.stub.Fetch(request, timeout=PATIENCE)
        transcript.take(page)
        return page

    def read(self, job: str, transcript: Transcript | None = None, **fields: Any) -> Transcript:
        """Read to the end."""
        transcript = transcript or Transcript()
        deadline = time.monotonic() + PATIENCE
        while not transcript.end:
            assert time.monotonic() < deadline, transcript.entries[-5:]
            self.fetch(job, transcript, **fields)
        return transcript

    def read_until(
        self,
        job: str,
        transcript: Transcript,
        condition: Callable[[Transcript], Any],
        **fields: Any,
    ) -> None:
        """Read until something was seen."""
        deadline = time.monotonic() + PATIENCE
        while not condition(transcript):
            assert not transcript.end, transcript.entries[-5:]
            assert time.monotonic() < deadline, transcript.entries[-5:]
            self.fetch(job, transcript, **fields)

    def run_and_read(self, program: str, **fields: Any) -> Transcript:
        """Submit a program and read all that it says."""
        return self.read(self.run(program, **fields))


class Gate:
    """Holds a statement, which reads from it, until the test opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        os.mkfifo(path)

    def select(self) -> str:
        """A query that ends once the gate is open, with one row, 42."""
        options = "header=false, auto_detect=false, columns={'x': 'INT'}"
        return f"SELECT x FROM read_csv('{self.path}', {options})"

    def wait(self) -> None:
        """Wait until a statement waits."""
        until(self.is_waited_for, "a statement reads from the gate")

    def is_waited_for(self) -> bool:
        """Whether a statement waits."""
        if self._descriptor is None:
            with contextlib.suppress(OSError):  # ENXIO: nobody reads yet
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        return self._descriptor is not None

    def open(self) -> None:
        """Let the statement go on."""
        self.wait()
        assert self._descriptor is not None
        os.write(self._descriptor, b"42\n")
        os.close(self._descriptor)
        self._descriptor = None


@contextlib.contextmanager
def running(state: Path, **settings: Any) -> Iterator[ServerProcess]:
    """A server that is ended afterwards, with its jobs."""
    server = ServerProcess(state, **settings)
    try:
        yield server.start()
    finally:
        server.clean_up()
