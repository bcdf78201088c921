"""A training is seen while it runs, and ends when it is told to."""

from __future__ import annotations

import time

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript

DATA = "CREATE TABLE t AS SELECT range AS a, range % 2 AS y FROM range(100);"
ENDLESS = (
    "SELECT * FROM t TO TRAIN xgboost.gbtree "
    "WITH objective='binary:logistic', train.num_boost_round=1000000 LABEL y INTO m"
)
CANCEL_SECONDS = 2.0


def rounds(transcript):
    return [s["text"] for s in transcript.statuses(2) if s["event"] == "progress"]


def test_the_first_line_of_a_training_is_fetched_while_it_trains_and_cancel_ends_it(server):
    job = server.run(DATA + ENDLESS)
    transcript = Transcript()

    server.read_until(job, transcript, rounds)
    assert transcript.job.status == pb.RUNNING

    begin = time.monotonic()
    server.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)
    server.read(job, transcript)
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
