"""The main loop: Run, then Fetch with the token of the page before, until the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript, until

THREE = """
CREATE OR REPLACE TABLE t AS SELECT range AS a FROM range(3);
SELECT a FROM t ORDER BY a;
SELECT 'x' AS b
"""

PRINTS = """
import sys
if "sqlflow.step.child" in sys.orig_argv:
    print("to standard output")
    print("to standard error", file=sys.stderr)
"""


def test_the_plain_loop_of_run_and_fetch_gives_the_rows_of_each_statement(shared_server):
    transcript = shared_server.run_and_read(THREE)

    assert transcript.job.status == pb.SUCCEEDED
    assert transcript.statuses(1)[1]["text"] == "3 rows affected"
    assert transcript.rows(2) == [[0], [1], [2]]
    assert transcript.rows(3) == [["x"]]
    assert [s["event"] for s in transcript.statuses(2)] == ["begin", "end"]


def test_the_last_record_is_the_end_of_the_job_and_its_page_says_so(shared_server):
    transcript = shared_server.run_and_read("SELECT 1 AS a")

    step, attempt, seq, stream, text, more = transcript.entries[-1]
    assert (step, attempt, seq, stream, more) == (0, 1, 1, pb.STATUS, False)
    assert '"event": "end", "details": {"phase": "Succeeded"' in text


def test_a_snapshot_tells_where_each_statement_is(shared_server, gate):
    job = shared_server.run(
        f"SELECT 1 AS a; {gate.select()}; SELECT 3 AS c", execution=pb.SEQUENTIAL
    )
    gate.wait()

    snapshot = shared_server.stub.GetJob(pb.GetJobRequest(job=job), timeout=PATIENCE)

    assert [s.id for s in snapshot.steps] == ["s01-select", "s02-select", "s03-select"]
    assert [s.status for s in snapshot.steps] == [pb.SUCCEEDED, pb.RUNNING, pb.PENDING]
    assert snapshot.steps[0].summary == "SELECT 1 AS a"
    assert (snapshot.status, snapshot.steps[1].attempt) == (pb.RUNNING, 1)
    assert snapshot.HasField("started")
    assert not snapshot.HasField("finished")


def test_what_was_printed_is_fetched_while_a_later_statement_still_waits(shared_server, gate):
    job = shared_server.run(f"SELECT 1 AS first; {gate.select()}", execution=pb.SEQUENTIAL)
    transcript = Transcript()
    shared_server.read_until(job, transcript, lambda t: t.texts(pb.ROWS, 1))

    assert transcript.job.status == pb.RUNNING
    gate.open()

    assert shared_server.read(job, transcript).rows(2) == [[42]]


def test_a_fetch_without_news_waits_and_returns_an_empty_page_to_go_on_with(shared_server, gate):
    job = shared_server.run(gate.select())
    transcript = Transcript()
    shared_server.read_until(job, transcript, lambda t: t.job.status == pb.RUNNING and t.entries)
    token = transcript.token

    page = shared_server.fetch(job, transcript, wait={"nanos": 50_000_000})

    assert (list(page.records), page.end, page.token) == ([], False, token)


def test_a_waiting_fetch_is_answered_when_there_is_news(shared_server, gate):
    job = shared_server.run(gate.select())
    transcript = Transcript()
    shared_server.read_until(job, transcript, lambda t: t.entries)
    gate.wait()
    answers: list[pb.Page] = []
    reader = threading.Thread(target=lambda: answers.append(shared_server.fetch(job, transcript)))
    reader.start()

    gate.open()
    reader.join(PATIENCE)

    assert answers[0].records


def test_the_same_token_gives_the_same_page(shared_server):
    job = shared_server.run(THREE)
    first = Transcript()
    shared_server.read(job)
    shared_server.fetch(job, first, max_bytes=1)
    again = Transcript(token=first.token)
    more = Transcript(token=first.token)

    shared_server.fetch(job, again, max_bytes=1)
    shared_server.fetch(job, more, max_bytes=1)

    assert again.entries == more.entries
    assert again.token == more.token


def test_small_pages_give_the_same_transcript_as_large_ones(shared_server):
    job = shared_server.run("SELECT range AS a, repeat('x', 100) AS b FROM range(2000)")

    large = shared_server.read(job)
    small = shared_server.read(job, max_bytes=8192)

    assert small.entries == large.entries
    assert small.pages > 20
    assert len(large.rows(1)) == 2000


def test_watch_streams_what_fetch_pages(shared_server):
    job = shared_server.run(THREE)
    watched = Transcript()
    for page in shared_server.stub.Watch(pb.FetchRequest(job=job), timeout=PATIENCE):
        watched.take(page)

    assert watched.entries == shared_server.read(job).entries


def test_fetch_goes_on_from_a_token_of_watch(shared_server):
    job = shared_server.run(THREE)
    whole = shared_server.read(job)
    watch = shared_server.stub.Watch(pb.FetchRequest(job=job, max_bytes=1), timeout=PATIENCE)
    begun = Transcript()
    begun.take(next(watch))
    watch.cancel()

    assert shared_server.read(job, begun).entries == whole.entries


def test_the_four_streams_are_read_apart_and_together(make_server, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(PRINTS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    server = make_server()
    job = server.run("SELECT 1 AS a")
    whole = server.read(job)

    apart = {s: server.read(job, streams=[s]).entries for s in (1, 2, 3, 4)}

    assert [e[4] for e in apart[pb.STDOUT]] == ["to standard output"]
    assert [e[4] for e in apart[pb.STDERR]] == ["to standard error"]
    assert apart[pb.ROWS][-1][4] == "[[1]]"
    assert all(entries == [e for e in whole.entries if e[3] == s] for s, entries in apart.items())
    assert sum(map(len, apart.values())) == len(whole.entries)


def test_a_job_is_found_by_its_monitor_url(shared_server):
    response = shared_server.stub.Run(pb.RunRequest(program="SELECT 1 AS a"), timeout=PATIENCE)
    url = response.job.monitor_url

    snapshot = shared_server.stub.GetJob(pb.GetJobRequest(job=url), timeout=PATIENCE)

    assert url == f"sqlflow://{shared_server.address}/jobs/{response.job.id}"
    assert snapshot.id == response.job.id
    assert shared_server.read(url).end


def test_two_runs_with_one_key_at_two_servers_make_one_job(make_server):
    servers = [make_server(), make_server()]
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: servers[n % 2].run(THREE, idempotency_key="k"), range(8)))

    assert len(ids) == 1
    assert len(servers[0].jobs()) == 1
    assert servers[0].read(ids.pop()).rows(2) == [[0], [1], [2]]


def test_a_key_that_stands_for_another_program_is_refused(shared_server):
    job = shared_server.run("SELECT 1 AS a", idempotency_key="k")

    with pytest.raises(grpc.RpcError) as caught:
        shared_server.run("SELECT 2 AS a", idempotency_key="k")

    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert caught.value.details() == (
        f"the idempotency key was used before, for another program: job {job}"
    )


def test_two_jobs_at_once_on_the_default_database_both_succeed(shared_server):
    program = "CREATE TABLE {0} AS SELECT 7 AS a; SELECT a FROM {0}"
    jobs = [shared_server.run(program.format(name)) for name in ("one", "two")]

    transcripts = [shared_server.read(job) for job in jobs]

    assert [t.job.status for t in transcripts] == [pb.SUCCEEDED, pb.SUCCEEDED]
    assert [t.rows(2) for t in transcripts] == [[[7]], [[7]]]


def test_a_job_says_for_which_other_it_waits_on_the_default_database(shared_server, gate):
    first = shared_server.run(gate.select())
    gate.wait()
    second, transcript = shared_server.run("SELECT 7 AS a"), Transcript()

    shared_server.read_until(second, transcript, lambda t: "message" in str(t.statuses(1)))
    waiting = transcript.statuses(1)[-1]["text"]
    gate.open()

    assert f"which is held by step s01-select of job {first} (process " in waiting
    assert shared_server.read(first).rows(1) == [[42]]
    assert shared_server.read(second, transcript).rows(1) == [[7]]


def test_file_names_are_relative_to_the_callers_directory(shared_server, tmp_path):
    (tmp_path / "mine.csv").write_text("a\n5\n")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the caller was imported')")

    transcript = shared_server.run_and_read(
        "SELECT a FROM read_csv('mine.csv')", working_directory=str(tmp_path)
    )

    assert transcript.rows(1) == [[5]]


def test_jobs_are_listed_newest_first_in_pages(server):
    jobs = [server.run(f"SELECT {n} AS a") for n in range(3)]
    first = server.stub.ListJobs(pb.ListJobsRequest(page_size=2), timeout=PATIENCE)
    second = server.stub.ListJobs(
        pb.ListJobsRequest(page_size=2, page_token=first.next_page_token), timeout=PATIENCE
    )

    assert [j.id for j in first.jobs] == [jobs[2], jobs[1]]
    assert [j.id for j in second.jobs] == [jobs[0]]
    assert second.next_page_token == ""
    assert not first.jobs[0].steps


def test_jobs_are_listed_by_status(server, gate):
    done = server.run("SELECT 1 AS a")
    server.read(done)
    waiting = server.run(gate.select())
    gate.wait()

    listed = server.stub.ListJobs(pb.ListJobsRequest(statuses=[pb.RUNNING]), timeout=PATIENCE)

    assert [j.id for j in listed.jobs] == [waiting]


def test_plan_tells_what_run_would_do_and_runs_nothing(server):
    plan = server.stub.Plan(
        pb.PlanRequest(program="CREATE TABLE p (a INT); INSERT INTO p VALUES (1)"),
        timeout=PATIENCE,
    )

    assert [s.id for s in plan.statements] == ["s01-create", "s02-insert"]
    assert [d.id for d in plan.statements[1].after] == ["s01-create"]
    assert plan.dialect == "duckdb"
    assert server.jobs() == []


def test_old_jobs_are_removed_and_running_ones_are_not(make_server, gate, tmp_path):
    server = make_server(job_ttl=0)
    waiting = server.run(gate.select(), data_source=f"duckdb:///{tmp_path}/own.duckdb")
    done = server.run("SELECT 1 AS a")

    until(lambda: [j.name for j in server.jobs()] == [waiting], f"{done} is removed")
    gate.open()
