"""A node as seen from the host: booting it, finding it again, and telling its first process.

A running node is found by its control socket alone. The kernel knows whether somebody listens
there and who (``SO_PEERCRED``), so there is no pid file that could name a stranger.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from devcluster import addresses
from devcluster.errors import ClusterError
from devcluster.node.init import GO_ON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devcluster.node.process import Process
    from devcluster.places import Places

NAMESPACES: Final = ("--pid", "--net", "--mount", "--uts", "--ipc")
BOOT: Final = 15.0  # seconds until the first process answers
END: Final = 40.0  # seconds until all of a node has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A component as the node's first process knows it.

    Attributes:
        pid: within the node.
        digest: of the :class:`Process` that it was started as.
        ended: its exit status, negative for a signal; None while it runs.
    """

    pid: int
    digest: str
    ended: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A running node.

    Attributes:
        control: the socket of its first process.
        pid: that process, as the host numbers it.
    """

    control: Path
    pid: int

    @classmethod
    def find(cls, places: Places) -> Node | None:
        """Return the running node of a cluster, if there is one."""
        control = _control(places)
        with (
            contextlib.suppress(FileNotFoundError, ConnectionRefusedError),
            _connected(control) as it,
        ):
            # struct ucred: pid, uid, gid (unix(7)). The pid is translated to our namespace.
            credentials = it.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return cls(control, struct.unpack("3i", credentials)[0])
        return None

    @classmethod
    def boot(cls, places: Places) -> Node:
        """Start a node without any component.

        Raises:
            ClusterError: a port is taken, or the namespaces can't be made.
        """
        for folder in (places.run, places.logs, places.data):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            _listening(places.api_port, "SQLFLOW_DEVCLUSTER_API_PORT") as api,
            _listening(places.registry_port, "SQLFLOW_DEVCLUSTER_REGISTRY_PORT") as registry,
        ):
            forwarded = {api: addresses.API_PORT, registry: addresses.REGISTRY_PORT}
            return cls._boot(places, forwarded)

    @classmethod
    def _boot(cls, places: Places, forwarded: dict[socket.socket, int]) -> Node:
        log = places.logs / "node.log"
        with log.open("ab") as output:
            unshare = subprocess.Popen(
                [
                    *("unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc"),
                    *(sys.executable, "-P", "-m", "devcluster.node.init"),
                    *(str(_control(places)), str(places.logs)),
                    *(f"{it.fileno()}={port}" for it, port in forwarded.items()),
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=_environment(places),
                cwd="/",
                start_new_session=True,
                pass_fds=[it.fileno() for it in forwarded],
            )
        assert unshare.stdin
        node = cls._await(places, unshare)
        with unshare.stdin as go_on:
            go_on.write(GO_ON.encode())
        try:
            node.processes()
        except ClusterError as error:
            raise ClusterError(
                "the node's namespaces can't be set up", details=log.read_text("utf-8", "replace")
            ) from error
        return node

    @classmethod
    def _await(cls, places: Places, unshare: subprocess.Popen[bytes]) -> Node:
        deadline = time.monotonic() + BOOT
        while time.monotonic() < deadline and unshare.poll() is None:
            if node := cls.find(places):
                return node
            time.sleep(0.02)
        unshare.kill()
        log = places.logs / "node.log"
        raise ClusterError(
            "the node did not start", details=log.read_text("utf-8", errors="replace")
        )

    def start(self, process: Process) -> None:
        """Start a component that does not run."""
        self._ask(do="start", process=asdict(process))

    def stop(
        self, name: str, *, number: signal.Signals = signal.SIGTERM, seconds: float = 10.0
    ) -> int | None:
        """Stop a component, kill it after some seconds; return its exit status."""
        ended: int | None = self._ask(do="stop", name=name, signal=number, seconds=seconds)
        return ended

    def processes(self) -> dict[str, Running]:
        """Return the components that were started."""
        return {name: Running(**running) for name, running in self._ask(do="list").items()}

    def get(self, url: str, *, ca: str = "", cert: str = "", key: str = "") -> tuple[int, str]:
        """Return status and body of a URL inside the node; 0 and a reason if it can't be had."""
        answer = self._ask(do="get", url=url, ca=ca, cert=cert, key=key)
        return answer["status"], answer["body"]

    def end(self) -> None:
        """End the node and all that runs in it, and wait until it is gone.

        Raises:
            ClusterError: it is still there after a while.
        """
        parent = _parent(self.pid)
        with _watched(self.pid) as first, _watched(parent) as unshare:
            with contextlib.suppress(ClusterError):
                self._ask(do="end")
            if not _ended(first, END):
                os.kill(self.pid, signal.SIGKILL)
            if not (_ended(first, END) and _ended(unshare, END)):
                raise ClusterError(f"the node's first process, {self.pid}, does not end")

    def _ask(self, **request: object) -> Any:
        try:
            with _connected(self.control) as it, it.makefile("rwb") as stream:
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
                answer = json.loads(stream.readline() or b'{"error": "it closed the connection"}')
        except OSError as error:
            raise ClusterError(f"the node does not answer: {error}") from error
        if isinstance(answer, dict) and "error" in answer:
            raise ClusterError(f"the node can't {request['do']}: {answer['error']}")
        return answer


def _control(places: Places) -> Path:
    return places.run / "init.sock"


def _environment(places: Places) -> dict[str, str]:
    """Return what the first process needs of ours: the way to Python, and a test run's name."""
    kept = ("PATH", "SQLFLOW_TEST_RUN")
    given = {name: os.environ[name] for name in kept if name in os.environ}
    return {**given, "PYTHONPATH": str(places.project), "PYTHONDONTWRITEBYTECODE": "1"}


@contextlib.contextmanager
def _connected(control: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(END)
        client.connect(str(control))
        yield client


@contextlib.contextmanager
def _listening(port: int, variable: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise ClusterError(
                f"port {port} of 127.0.0.1 is taken", hint=f"name a free one in {variable}"
            ) from error
        listener.listen(512)
        yield listener


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[int]:
    """Hold on to a process, so that its number can't come to mean another."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _ended(pidfd: int, seconds: float) -> bool:
    return bool(select.select([pidfd], [], [], seconds)[0])


def _parent(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    return int(stat.rpartition(")")[2].split()[1])
