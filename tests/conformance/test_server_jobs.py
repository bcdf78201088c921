"""What only jobs of this machine do: share a database file, read the caller's files, grow old."""

from __future__ import annotations

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import Transcript, until

PRINTS = """
import sys
if "sqlflow.step.child" in sys.orig_argv:
    print("to standard output")
    print("to standard error", file=sys.stderr)
"""


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


def test_old_jobs_are_removed_and_running_ones_are_not(make_server, gate, tmp_path):
    server = make_server(job_ttl=0)
    waiting = server.run(gate.select(), data_source=f"duckdb:///{tmp_path}/own.duckdb")
    done = server.run("SELECT 1 AS a")

    until(lambda: [j.name for j in server.jobs()] == [waiting], f"{done} is removed")
    gate.open()
