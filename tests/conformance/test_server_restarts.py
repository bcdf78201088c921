"""Whatever is killed, nothing is run twice and nothing that was printed is lost."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
from sqlflow_server.runners.local import files

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Gate, Transcript, until


def program(gate):
    return (
        "CREATE TABLE t AS SELECT range AS a, repeat('y', 100) AS b FROM range(300);"
        f"SELECT a, b FROM t ORDER BY a; INSERT INTO t SELECT x, 'z' FROM ({gate.select()});"
        "SELECT count(*) AS n FROM t"
    )


def without_times(transcript):
    """The transcript of a run, without what differs between two runs."""

    def cleaned(text):
        value = json.loads(text)
        if isinstance(value, dict) and "details" in value:
            value["details"].pop("elapsed", None)
        return value

    return [(*e[:4], cleaned(e[4]), e[5]) for e in transcript.entries]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The transcript of the program in a run that nothing disturbs."""
    from tests.conformance.server_processes import running

    folder = tmp_path_factory.mktemp("undisturbed")
    gate = Gate(folder / "gate")
    with running(folder / "state") as server:
        job = server.run(program(gate))
        gate.open()
        return without_times(server.read(job))


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_server_killed_between_two_fetches_loses_nothing(server, gate, undisturbed, after):
    job = server.run(program(gate))
    transcript = Transcript()
    for _ in range(after):
        server.fetch(job, transcript, max_bytes=8192)

    server.restart()
    gate.open()
    server.read(job, transcript, max_bytes=8192)

    assert transcript.entries == server.read(job).entries
    assert without_times(transcript) == undisturbed


def test_a_server_killed_between_every_two_fetches_loses_nothing(server, gate, undisturbed):
    job = server.run(program(gate))
    gate.open()
    transcript = Transcript()
    while not transcript.end:
        server.fetch(job, transcript, max_bytes=16384)
        server.restart()

    assert without_times(transcript) == undisturbed


def test_a_server_killed_while_a_fetch_waits_loses_nothing(server, gate, undisturbed):
    job = server.run(program(gate))
    gate.wait()
    transcript = Transcript()
    server.read_until(job, transcript, lambda t: t.texts(pb.STATUS, 3))
    failures: list[grpc.RpcError] = []

    def wait_for_news():
        try:
            server.fetch(job, transcript)
        except grpc.RpcError as error:
            failures.append(error)

    reader = threading.Thread(target=wait_for_news)
    reader.start()
    server.kill()
    reader.join(PATIENCE)
    server.start()
    gate.open()
    server.read(job, transcript)

    assert len(failures) == 1
    assert without_times(transcript) == undisturbed


def test_a_job_goes_on_and_ends_while_no_server_lives(server, gate, undisturbed):
    job = server.run(program(gate))
    gate.wait()
    lock = server.state / "jobs" / job / "lock"
    server.supervisor(job)
    server.kill()

    gate.open()
    until(lambda: not files.is_locked(lock), "the job is over")
    server.start()

    assert without_times(server.read(job)) == undisturbed


def test_a_server_that_is_interrupted_leaves_its_jobs_alone(server, gate):
    job = server.run(gate.select())
    gate.wait()
    os.killpg(os.getpgid(server.supervisor(job)), 0)
    server.send(signal.SIGINT)

    assert server.wait() == 0
    server.start()
    gate.open()

    assert server.read(job).rows(1) == [[42]]


def test_a_job_whose_supervisor_was_killed_is_adopted_and_runs_nothing_twice(
    server, gate, undisturbed
):
    job = server.run(program(gate))
    gate.wait()
    first = server.supervisor(job)

    os.kill(first, signal.SIGKILL)
    lock = server.state / "jobs" / job / "lock"
    until(lambda: not files.is_locked(lock) or int(lock.read_text()) != first, "it is dead")
    server.stub.GetJob(pb.GetJobRequest(job=job), timeout=PATIENCE)
    until(lambda: int(lock.read_text()) != first, "there is another supervisor")
    gate.open()

    assert without_times(server.read(job)) == undisturbed


def test_a_server_looks_after_orphaned_jobs_as_it_starts(server, gate, undisturbed):
    job = server.run(program(gate))
    gate.wait()
    first = server.supervisor(job)
    server.kill()
    os.kill(first, signal.SIGKILL)
    lock = server.state / "jobs" / job / "lock"
    until(lambda: not files.is_locked(lock), "the supervisor is dead")

    server.start()
    until(lambda: int(lock.read_text()) != first, "there is another supervisor")
    gate.open()

    assert without_times(server.read(job)) == undisturbed


def test_a_step_that_ended_while_nobody_watched_is_believed(server, gate, undisturbed):
    job = server.run(program(gate))
    gate.wait()
    frames = server.state / "jobs" / job / "steps" / "s03-insert" / "1.frames"
    assert files.is_locked(frames)
    supervisor = server.supervisor(job)
    server.kill()
    os.kill(supervisor, signal.SIGKILL)
    gate.open()
    until(lambda: not files.is_locked(frames), "the step is over")

    server.start()

    assert without_times(server.read(job)) == undisturbed


def test_a_step_that_died_while_nobody_watched_is_lost_and_never_run_again(server, gate):
    job = server.run(f"{gate.select()}; SELECT 1 AS a", execution=pb.SEQUENTIAL)
    gate.wait()
    folder = server.state / "jobs" / job / "steps" / "s01-select"
    supervisor = server.supervisor(job)
    server.kill()
    os.kill(supervisor, signal.SIGKILL)
    os.kill(int((folder / "1.pid").read_text()), signal.SIGKILL)
    until(lambda: not files.is_locked(folder / "1.frames"), "the step is dead")

    server.start()
    transcript = server.read(job)

    assert transcript.job.message == (
        "step s01-select, line 1: its process is gone and left no word"
    )
    assert [s.status for s in transcript.job.steps] == [pb.FAILED, pb.CANCELLED]
    assert transcript.job.steps[1].skipped
    assert transcript.statuses(1)[-1]["details"]["reason"] == "Lost"
    assert len([s for s in transcript.statuses(1) if s["event"] == "begin"]) == 1


def test_a_killed_step_ends_its_job_with_what_killed_it(server, gate):
    job = server.run(gate.select())
    gate.wait()
    pid = server.state / "jobs" / job / "steps" / "s01-select" / "1.pid"

    os.kill(int(pid.read_text()), signal.SIGKILL)
    transcript = server.read(job)

    assert transcript.job.reason == "StepFailed"
    assert transcript.job.message == ("step s01-select, line 1: its process was killed by SIGKILL")


def test_the_loop_in_the_documentation_goes_on_at_a_server_that_was_killed(server, gate, tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "loop.py").write_text(script)
    loop = subprocess.Popen(
        [sys.executable, tmp_path / "loop.py", server.address, gate.select()],
        stdout=subprocess.PIPE,
        text=True,
    )
    gate.wait()

    server.kill()
    server.start(again=True)
    gate.open()
    printed, _ = loop.communicate(timeout=PATIENCE)

    assert printed.splitlines() == [
        "[1] begin ",
        '[1] {"columns": [{"name": "x", "type": "int64"}]}',
        "[1] [[42]]",
        "[1] end ",
        "[0] end ",
    ]
    assert loop.returncode == 0


def test_supervisors_that_are_killed_at_every_statement_run_each_exactly_once(server):
    inserts = "".join(f"INSERT INTO t VALUES ({n});" for n in range(3))
    job = server.run(f"CREATE TABLE t (a INT); {inserts} SELECT a FROM t ORDER BY a")
    lock = server.state / "jobs" / job / "lock"

    def started(count):
        snapshot = server.stub.GetJob(pb.GetJobRequest(job=job), timeout=PATIENCE)
        return len([s for s in snapshot.steps if s.HasField("started")]) >= count

    for number in range(1, 4):
        until(functools.partial(started, number), f"statement {number} is started")
        os.kill(server.supervisor(job), signal.SIGKILL)
        until(lambda: not files.is_locked(lock), "the supervisor is dead")
    transcript = server.read(job)

    assert transcript.job.status == pb.SUCCEEDED, transcript.job.message
    assert transcript.rows(5) == [[0], [1], [2]]
    begun = [s for s in transcript.statuses() if s["event"] == "begin"]
    assert len(begun) == 5
