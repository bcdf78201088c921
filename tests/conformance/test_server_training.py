"""A training is seen while it runs, and ends when it is told to."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, until

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.conformance.server_processes import Gate, ServerProcess

DATA = "CREATE TABLE t AS SELECT range AS a, range % 2 AS y FROM range(100);"
ENDLESS = (
    "SELECT * FROM t TO TRAIN xgboost.gbtree "
    "WITH objective='binary:logistic', train.num_boost_round=1000000 LABEL y INTO m"
)
CANCEL_SECONDS = 2.0


def rounds(transcript):
    return [s["text"] for s in transcript.statuses(2) if s["event"] == "progress"]


HOLD = """
import sys
if "sqlflow.step.child" in sys.orig_argv:
    from sqlflow.step.reporting import StepReporter
    report = StepReporter.progress
    def progress(*arguments, **details):
        report(*arguments, **details)
        StepReporter.progress = report
        open({gate!r}).read()
    StepReporter.progress = progress
"""


def processes(server: ServerProcess, job: str, step: str) -> list[int]:
    """The processes of a statement: the one that watches and the one that works."""
    parent = int((server.state / "jobs" / job / "steps" / step / "1.pid").read_text())
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_very_first_line_is_fetched_while_the_training_is_held_behind_it(
    make_server: Callable[..., ServerProcess],
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HOLD.format(gate=str(gate.path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    server = make_server()
    job = server.run(DATA + ENDLESS.replace("1000000", "3"))
    transcript = Transcript()
    gate.wait()

    server.read_until(job, transcript, rounds)
    assert len(rounds(transcript)) == 1
    assert rounds(transcript)[0].startswith("epoch 0, train_logloss = 0.69")
    assert transcript.job.status == pb.RUNNING
    gate.open()

    assert server.read(job, transcript).job.status == pb.SUCCEEDED
    assert [r.split(",")[0] for r in rounds(transcript)] == ["epoch 0", "epoch 1", "epoch 2"]


def test_the_first_line_of_a_training_is_fetched_while_it_trains_and_cancel_ends_it(server):
    job = server.run(DATA + ENDLESS)
    transcript = Transcript()

    server.read_until(job, transcript, rounds)
    assert transcript.job.status == pb.RUNNING
    working = processes(server, job, "s02-train")
    assert len(working) == 2

    begin = time.monotonic()
    server.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)
    server.read(job, transcript)
    until(lambda: not any(map(lives, working)), "its processes are gone")
    took = time.monotonic() - begin

    assert rounds(transcript)[0].startswith("epoch 0, train_logloss = 0.69")
    assert transcript.job.status == pb.CANCELLED
    assert transcript.statuses(2)[-1]["details"]["phase"] == "Cancelled"
    assert transcript.statuses(0)[-1]["text"] == "the job was cancelled on request"
    assert took < CANCEL_SECONDS, f"took {took:.1f} s"


def test_a_training_holds_no_data_source_so_another_job_runs_beside_it(server):
    training = server.run(DATA + ENDLESS)
    transcript = Transcript()
    server.read_until(training, transcript, rounds)

    beside = server.run_and_read("SELECT count(*) AS n FROM t")

    assert beside.rows(1) == [[100]]
    server.stub.Cancel(pb.CancelRequest(job=training), timeout=PATIENCE)
    assert server.read(training, transcript).job.status == pb.CANCELLED


def test_a_training_that_lost_server_and_reader_goes_on_to_its_model(server):
    job = server.run(
        DATA + ENDLESS.replace("1000000", "20") + ";SELECT * FROM t TO EVALUATE m LABEL y INTO e"
        ";SELECT * FROM e"
    )
    transcript = Transcript()
    server.read_until(job, transcript, rounds)
    server.restart()

    server.read(job, transcript)

    assert transcript.job.status == pb.SUCCEEDED, transcript.job.message
    assert [r.split(",")[0] for r in rounds(transcript)] == [f"epoch {n}" for n in range(20)]
    assert transcript.rows(4)
