"""The first process and its client, without namespaces: these need root and a cluster test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devcluster.errors import ClusterError
from devcluster.node.client import Node
from devcluster.node.init import Child, Init
from devcluster.node.process import Process
from devcluster.places import PROJECT, Places

SERVE = """
import asyncio, sys
from pathlib import Path
from devcluster.node.init import Init, _listen
asyncio.run(Init(Path(sys.argv[2])).serve(_listen(Path(sys.argv[1]))))
"""


@pytest.fixture
def places(tmp_path_factory):
    # Short enough for a socket in it.
    state = tmp_path_factory.mktemp("s")
    return Places.from_environment(
        {"SQLFLOW_DEVCLUSTER_STATE": str(state), "SQLFLOW_DEVCLUSTER_CACHE": str(state)}
    )


@pytest.fixture
def node(places):
    places.run.mkdir()
    places.logs.mkdir()
    first = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(places.run / "init.sock"), str(places.logs)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    yield until(lambda: Node.find(places))
    first.terminate()
    assert first.wait(20) == 0


def until(condition):
    deadline = time.monotonic() + 20
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def sleeper(name: str = "sleeper") -> Process:
    return Process(name=name, argv=("/bin/sleep", "60"))


def shell(script: str) -> Process:
    return Process(name="shell", argv=("/bin/sh", "-c", script), environment={"GREETING": "hello"})


def test_a_component_is_listed_with_the_digest_it_was_started_with(node):
    node.start(sleeper())

    running = node.processes()["sleeper"]
    assert running.digest == sleeper().digest
    assert running.ended is None
    # The kernel shows no command line for an instant after a program was loaded.
    command = until(Path(f"/proc/{running.pid}/cmdline").read_bytes)
    assert command == b"/bin/sleep\x0060\x00"


def test_output_goes_to_the_end_of_the_component_s_log(node, places):
    for _ in range(2):
        node.start(shell("echo $GREETING; echo trouble >&2"))
        until(lambda: node.processes()["shell"].ended is not None)

    log = (places.logs / "shell.log").read_text()
    assert log == "hello\ntrouble\nhello\ntrouble\n"


def test_how_a_component_ended_is_known(node):
    node.start(shell("exit 7"))

    assert until(lambda: node.processes()["shell"].ended) == 7


def test_stop_signals_and_waits(node):
    node.start(sleeper())
    pid = node.processes()["sleeper"].pid

    assert node.stop("sleeper") == -signal.SIGTERM
    assert not Path(f"/proc/{pid}").exists()


def test_stop_kills_what_ignores_the_signal(node):
    node.start(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"))
    log = node.control.parent.parent / "logs/shell.log"
    until(lambda: log.read_text() == "ready\n")

    assert node.stop("shell", seconds=0.1) == -signal.SIGKILL


def test_stop_of_what_was_never_started_is_nothing(node):
    assert node.stop("nobody") is None


def test_a_component_that_runs_is_not_started_twice(node):
    node.start(sleeper())
    with pytest.raises(ClusterError, match=r"the node can't start: .*sleeper runs already"):
        node.start(sleeper())


def test_a_program_that_is_not_there_is_an_error_and_no_end_of_the_node(node):
    with pytest.raises(ClusterError, match="No such file"):
        node.start(Process(name="nothing", argv=("/no/such/program",)))
    assert node.processes() == {}


def test_orphans_are_not_taken_for_components(node):
    # The shell's child outlives it; whoever reaps that must not mistake it for the shell.
    node.start(shell("sleep 0.1 & exit 3"))

    assert until(lambda: node.processes()["shell"].ended) == 3


def test_an_orphan_with_the_number_of_an_ended_component_is_not_taken_for_it(tmp_path):
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        ended = loop.create_future()
    ended.set_result(7)
    orphan = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, orphan, os.WEXITED | os.WNOWAIT)
    init = Init(tmp_path)
    init._children["one"] = Child(Process(name="one", argv=()), orphan, ended)

    init._reap()

    assert ended.result() == 7
    with pytest.raises(ChildProcessError):
        os.waitpid(orphan, os.WNOHANG)


def test_nonsense_on_the_socket_is_answered_and_survived(node):
    for line in (b"nonsense\n", b'{"do": "dance"}\n', b"[1]\n", b"\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(node.control))
            client.sendall(line)
            assert client.makefile().readline()
    assert node.processes() == {}


def test_the_node_s_pid_is_its_first_process(node):
    assert b"devcluster.node.init" in Path(f"/proc/{node.pid}/cmdline").read_bytes()


def test_a_socket_that_nobody_listens_on_is_no_node(places):
    places.run.mkdir()
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as gone:
        gone.bind(str(places.run / "init.sock"))

    assert Node.find(places) is None


def test_without_a_socket_there_is_no_node(places):
    assert Node.find(places) is None


def test_a_taken_port_is_named_with_the_way_out(places):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        crowded = Places.from_environment(
            {
                "SQLFLOW_DEVCLUSTER_STATE": str(places.state),
                "SQLFLOW_DEVCLUSTER_API_PORT": str(port),
            }
        )
        with pytest.raises(
            ClusterError, match=f"port {port} of 127.0.0.1 is taken; name a free one"
        ):
            Node.boot(crowded)
