"""A real server on a free port, what its processes hold in memory, and a plain reader."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import grpc

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LARGE = [("grpc.max_receive_message_length", 8 * 1024 * 1024)]
_HIGH_WATER = re.compile(r"VmHWM:\s+(\d+) kB")


class Server:
    """A server process and a channel to it.

    Attributes:
        stub: of ``sqlflow.v1.SQLFlow``.
        folder: of its state; programs may put files there.
    """

    def __init__(self, process: subprocess.Popen[str], stub: Any, folder: Path) -> None:
        self._process = process
        self.stub = stub
        self.folder = folder

    @property
    def peak(self) -> int:
        """The most memory that the server has held, in bytes."""
        return peak(self._process.pid)

    def run(self, program: str, **fields: Any) -> str:
        """Submit a program; return the id of its job."""
        fields = fields or {"working_directory": str(self.folder)}
        response: pb.RunResponse = self.stub.Run(pb.RunRequest(program=program, **fields))
        return response.job.id

    def read(self, job: str, **fields: Any) -> Iterator[pb.Page]:
        """Yield the pages of a job's transcript, by Run's and Fetch's plain loop."""
        page = pb.Page()
        while not page.end:
            page = self.stub.Fetch(pb.FetchRequest(job=job, token=page.token, **fields))
            yield page
        _expect_success(page)

    def watch(self, job: str, **fields: Any) -> Iterator[pb.Page]:
        """Yield the pages of a job's transcript, as one stream."""
        page = pb.Page()
        for page in self.stub.Watch(pb.FetchRequest(job=job, **fields)):
            yield page
        _expect_success(page)


def large(rows: int) -> str:
    """Return a program that prints so many rows of 24 KiB, on MariaDB."""
    return f"SELECT seq, REPEAT('abcdefgh', 3072) AS text FROM seq_1_to_{rows}"


def size(pages: Iterable[pb.Page]) -> int:
    """Return the bytes of a transcript's records."""
    return sum(len(record.text) for page in pages for record in page.records)


def _expect_success(page: pb.Page) -> None:
    if not (page.end and page.job.status == pb.SUCCEEDED):
        raise SystemExit(f"a measured job did not succeed: {page.job.message}")


@contextlib.contextmanager
def in_front(namespace: str, *, kubeconfig: Path | None = None) -> Iterator[Server]:
    """Run a server for the jobs of a namespace of the cluster."""
    with tempfile.TemporaryDirectory(prefix="sqlflow-bench-keys-") as keys:
        Path(keys, "k1").write_bytes(secrets.token_bytes(32))
        settings = {"job_runner": "kubernetes", "job_namespace": namespace, "token_keys": keys}
        with serving(kubeconfig=kubeconfig, **settings) as server:
            yield server


@contextlib.contextmanager
def serving(*, kubeconfig: Path | None = None, **settings: Any) -> Iterator[Server]:
    """Run a server with an empty state folder, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sqlflow-bench-") as name:
        folder = Path(name)
        environment = {"listen": "127.0.0.1:0", "state_directory": folder / "state"} | settings
        process = subprocess.Popen(
            [sys.executable, "-m", "sqlflow_server"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ
            | {f"SQLFLOW_{k.upper()}": str(v) for k, v in environment.items()}
            | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}),
        )
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            with grpc.insecure_channel(address, _LARGE) as channel:
                stub = sqlflow_pb2_grpc.SQLFlowStub(channel)
                yield Server(process, stub, folder)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def peak(process: int) -> int:
    """Return the most memory that a process has held, in bytes; 0 if it is gone."""
    try:
        found = _HIGH_WATER.search(Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


class StepPeaks:
    """Watches the processes of a server's steps and remembers the most that any has held.

    The kernel keeps a high-water mark for each process, so looking now and then is enough.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.peak = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/environ"):
                if _is_step(path, self._folder):
                    self.peak = max(self.peak, peak(int(path.parent.name)))


def _is_step(environ: Path, folder: Path) -> bool:
    try:
        command = environ.with_name("cmdline").read_bytes()
        return b"sqlflow.step" in command and os.fsencode(folder) in environ.read_bytes()
    except OSError:
        return False
