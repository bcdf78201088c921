"""The first process of a node: everything else in the cluster lives and dies with it.

``unshare`` starts it in new PID, mount, network, UTS and IPC namespaces. It

* gives the node a /run and a /var of its own, so that components write where they are used to and
  the host sees nothing of it, and values of its own for the kernel's settings that the kubelet
  insists on,
* makes the pods' bridge and a route for Services. There is no other route: nothing in the cluster
  reaches a network outside it,
* forwards the host's two ports (see ``forward.py``),
* starts and stops components when told to through a socket (see ``client.py``), and
* reaps the orphans that become its children, as every first process must.

It decides nothing and remembers nothing but its children, so that ``up`` can be run, killed and
run again at any time. When it ends, for whatever reason, the kernel kills every process in its
PID namespace and drops the mounts, devices and rules of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devcluster import addresses
from devcluster.node.forward import forwarding
from devcluster.node.process import Process
from devcluster.node.request import get

GO_ON: Final = "go on\n"  # What `up` writes to our standard input; nothing, if it was killed.
END_OF_LIFE: Final = 5.0  # seconds that each component gets to end by itself

MOUNTS: Final = (
    "mount --make-rshared /",
    "mount -t tmpfs -o mode=755 devcluster-run /run",
    "mkdir -p /run/lock /run/node/var /run/node/work",
    "mount -t overlay -o lowerdir=/var,upperdir=/run/node/var,workdir=/run/node/work overlay /var",
)
# The kubelet sets these for the whole machine, unless they are what it wants. Here they are: files
# with its values lie over the kernel's.
SYSCTLS: Final = {
    "kernel/keys/root_maxbytes": 25_000_000,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
}
NETWORK: Final = (
    "ip link set lo up",
    f"ip link add {addresses.BRIDGE} type bridge",
    f"ip address add {addresses.NODE_ADDRESS}/16 dev {addresses.BRIDGE}",
    f"ip link set {addresses.BRIDGE} up",
    f"ip route add {addresses.SERVICE_NETWORK} dev {addresses.BRIDGE}",
)


@dataclass(slots=True)
class Child:
    """A component that was started, and how it ended (as in ``subprocess``), if it did."""

    process: Process
    pid: int
    ended: asyncio.Future[int]


class Init:
    """Keeps the children, and answers what ``up`` asks.

    Args:
        logs: the folder of the components' logs.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, Child] = {}
        self._over = asyncio.Event()

    async def serve(self, control: socket.socket) -> None:
        """Answer requests, each a line of JSON answered by one, until told to end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        loop.add_signal_handler(signal.SIGTERM, self._over.set)
        async with await asyncio.start_unix_server(self._connected, sock=control):
            await self._over.wait()
            for name in reversed(self._children):
                await self.stop(name, signal.SIGTERM, END_OF_LIFE)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline() or "null")
            answer = await self._answer(request) if request else None
        except Exception as error:  # noqa: BLE001 - the first process must outlive any request
            answer = {"error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _answer(self, request: dict[str, Any]) -> object:
        match request:
            case {"do": "start", "process": process}:
                self.start(Process(**process))
                return None
            case {"do": "stop", "name": name, "signal": number, "seconds": seconds}:
                return await self.stop(name, signal.Signals(number), seconds)
            case {"do": "list"}:
                return {name: self._describe(child) for name, child in self._children.items()}
            case {"do": "get", **what}:
                return await asyncio.to_thread(get, **what)
            case {"do": "end"}:
                self._over.set()
                return None
        raise ValueError(f"unknown request {request}")

    def start(self, process: Process) -> None:
        """Start a component, with its output at the end of its log, unless it runs."""
        child = self._children.get(process.name)
        if child and not child.ended.done():
            raise ValueError(f"{process.name} runs already")
        log = os.open(
            self._logs / f"{process.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640
        )
        try:
            pid = os.posix_spawn(
                process.argv[0],
                process.argv,
                process.environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
                setsigdef=[signal.SIGPIPE],
            )
        finally:
            os.close(log)
        ended = asyncio.get_running_loop().create_future()
        self._children[process.name] = Child(process, pid, ended)

    async def stop(self, name: str, number: signal.Signals, seconds: float) -> int | None:
        """Signal a component and wait until it has ended; kill it when it takes too long.

        Returns:
            How it ended, as in ``subprocess``; None if it was never started.
        """
        child = self._children.get(name)
        if child is None:
            return None
        if not child.ended.done():
            os.kill(child.pid, number)
            done, _ = await asyncio.wait([child.ended], timeout=seconds)
            if not done:
                os.kill(child.pid, signal.SIGKILL)
        return await child.ended

    def _reap(self) -> None:
        # Those that have ended are left out: the kernel may give their numbers to others.
        children = {it.pid: it for it in self._children.values() if not it.ended.done()}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in children:
                children[pid].ended.set_result(os.waitstatus_to_exitcode(status))

    @staticmethod
    def _describe(child: Child) -> dict[str, object]:
        ended = child.ended.result() if child.ended.done() else None
        return {"pid": child.pid, "digest": child.process.digest, "ended": ended}


async def _serve(logs: Path, control: socket.socket, forwarded: dict[int, int]) -> None:
    async with contextlib.AsyncExitStack() as forwarders:
        for descriptor, port in forwarded.items():
            listener = socket.socket(fileno=descriptor)
            listener.set_inheritable(False)  # or each component would hold the host's port too
            await forwarders.enter_async_context(forwarding(listener, port))
        await Init(logs).serve(control)


def _listen(path: Path) -> socket.socket:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    control.bind(str(path))
    path.chmod(0o600)
    control.listen()
    return control


def _set_up() -> None:
    for command in MOUNTS + NETWORK:
        _run(command)
    for name, value in SYSCTLS.items():
        file = Path("/run/node", name.replace("/", "."))
        file.write_text(f"{value}\n", "ascii")
        _run(f"mount --bind {file} /proc/sys/{name}")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
    socket.sethostname(addresses.NODE)


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True, stdin=subprocess.DEVNULL)


def main(arguments: list[str]) -> None:
    """Run as ``init CONTROL_SOCKET LOGS DESCRIPTOR=PORT…``."""
    control = _listen(Path(arguments[0]))
    if sys.stdin.readline() != GO_ON:
        sys.exit("the command that started this node is gone")
    _set_up()
    forwarded = (item.split("=") for item in arguments[2:])
    asyncio.run(_serve(Path(arguments[1]), control, {int(a): int(b) for a, b in forwarded}))


if __name__ == "__main__":
    main(sys.argv[1:])
