import os
import signal
import subprocess

import pytest

from sqlflow.databases import DSN, connect, filelocks
from sqlflow.errors import BusyError, DataSourceError
from tests.unit.databases.sessions import opened, python

# Takes the lock, says so, and holds it until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from sqlflow.databases import filelocks
held = filelocks.hold(Path(sys.argv[1]), shared=len(sys.argv) > 2, on_wait=print)
print("held", flush=True)
sys.stdin.read()
held.release()
"""

# Opens the file with DuckDB alone, as a shell would.
FOREIGN = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""

WRITER = """
import sys
from pathlib import Path
from sqlflow.databases import DSN, connect
with connect(DSN(dialect="duckdb", path=Path(sys.argv[1]))) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
    connection.execute("INSERT INTO t VALUES (1)")
"""


@pytest.fixture
def start():
    """Start a process that holds something; it is ended with the test."""
    started = []

    def run(script, *arguments, **environment):
        process = python(script, *arguments, **environment)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def released(process):
    process.communicate("")
    assert process.returncode == 0


def test_who_waited_holds_the_lock_file_that_is_there(tmp_path, start):
    path = tmp_path / "a.duckdb"
    holder = start(HOLDER, path)

    held = filelocks.hold(path, shared=False, on_wait=lambda _: released(holder))

    lock = tmp_path / "a.duckdb.lock"
    assert lock.stat().st_ino == os.fstat(held.descriptor).st_ino
    held.release()


def waits_for(path):
    """Take and release the lock; return what was said about the holder."""
    said: list[str] = []
    filelocks.hold(path, shared=False, on_wait=said.append).release()
    return said


def test_a_free_lock_is_taken_without_a_word(tmp_path):
    assert waits_for(tmp_path / "a.duckdb") == []


def test_nothing_is_left_beside_the_database(tmp_path):
    waits_for(tmp_path / "a.duckdb")

    assert list(tmp_path.iterdir()) == []


def test_the_one_who_waits_is_told_for_whom(tmp_path, start):
    path = tmp_path / "a.duckdb"
    holder = start(HOLDER, path, SQLFLOW_JOB="j-7", SQLFLOW_STEP="s02-train")
    said = []

    def on_wait(sentence):
        said.append(sentence)
        released(holder)

    filelocks.hold(path, shared=False, on_wait=on_wait).release()

    assert said == [
        f"waiting for a.duckdb, which is held by step s02-train of job j-7 (process {holder.pid})"
    ]


def test_the_lock_is_that_of_the_real_path(tmp_path, start):
    link = tmp_path / "link.duckdb"
    link.symlink_to(tmp_path / "a.duckdb")
    holder = start(HOLDER, tmp_path / "a.duckdb")
    said = []

    def on_wait(sentence):
        said.append(sentence)
        released(holder)

    filelocks.hold(link, shared=False, on_wait=on_wait).release()

    assert said == [f"waiting for link.duckdb, which is held by process {holder.pid}"]


def test_a_killed_holder_frees_the_lock(tmp_path, start):
    path = tmp_path / "a.duckdb"
    holder = start(HOLDER, path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    assert waits_for(path) == []


def test_readers_share_and_a_writer_waits_for_them(tmp_path, start):
    path = tmp_path / "a.duckdb"
    first, second = start(HOLDER, path, "shared"), start(HOLDER, path, "shared")
    said = []

    def on_wait(sentence):
        said.append(sentence)
        released(first)
        released(second)

    filelocks.hold(path, shared=False, on_wait=on_wait).release()

    assert len(said) == 1


def test_connections_of_one_process_share_the_lock(tmp_path):
    path = tmp_path / "a.duckdb"

    with opened(path) as first, opened(path) as second:
        first.execute("CREATE TABLE t AS SELECT 1 AS a")
        assert second.execute("SELECT a FROM t").rows() == [(1,)]

    assert not path.with_name("a.duckdb.lock").exists()


def test_one_of_two_connections_keeps_the_lock(tmp_path):
    path = tmp_path / "a.duckdb"

    with opened(path):
        opened(path).close()
        assert path.with_name("a.duckdb.lock").exists()


def test_many_processes_on_one_new_file_all_succeed(tmp_path):
    path = tmp_path / "new.duckdb"
    writers = [python(WRITER, path) for _ in range(4)]

    errors = [writer.communicate()[1] for writer in writers]

    assert errors == [""] * 4
    with opened(path) as connection:
        assert connection.execute("SELECT count(*) FROM t").rows() == [(4,)]


def test_a_directory_that_takes_no_lock_file_is_named(tmp_path):
    (tmp_path / "a.duckdb.lock").mkdir()

    with pytest.raises(DataSourceError) as caught:
        opened(tmp_path / "a.duckdb")

    assert str(caught.value) == (
        f"{tmp_path}/a.duckdb can't be locked: a.duckdb.lock beside it gives Is a directory"
    )


def test_a_foreign_holder_is_named_at_last(tmp_path, start):
    path = tmp_path / "a.duckdb"
    foreign = start(FOREIGN, path)

    with pytest.raises(BusyError) as caught:
        opened(path, lock_timeout="0.2")

    text = str(caught.value)
    assert text.startswith("a.duckdb has been held for 0.2 s by ")
    assert text.endswith(f" (process {foreign.pid}); close it and try again")


def letting_go(holder):
    """What is said of waiting, and who is told of it: then the holder leaves."""
    said = []

    def on_wait(sentence):
        said.append(sentence)
        holder.stdin.close()

    return said, on_wait


def test_a_foreign_holder_that_leaves_is_waited_for(tmp_path, start):
    path = tmp_path / "a.duckdb"
    foreign = start(FOREIGN, path)
    said, on_wait = letting_go(foreign)

    connect(DSN(dialect="duckdb", path=path), on_wait=on_wait).close()

    [sentence] = said
    assert sentence.startswith("waiting up to 30 s for a.duckdb, which is held by ")
    assert sentence.endswith(f" (process {foreign.pid})")


def test_a_file_that_is_attached_is_waited_for(tmp_path, start):
    path = tmp_path / "other.duckdb"
    foreign = start(FOREIGN, path)
    said, on_wait = letting_go(foreign)

    dsn = DSN(dialect="duckdb", path=tmp_path / "a.duckdb")
    with connect(dsn, on_wait=on_wait) as connection:
        connection.execute(f"ATTACH '{path}'")

    [sentence] = said
    assert sentence.startswith("waiting up to 30 s for other.duckdb, which is held by ")


def test_a_refused_database_gives_the_lock_back(tmp_path):
    path = tmp_path / "a.duckdb"
    path.write_text("no database" * 1000)

    with pytest.raises(DataSourceError):
        opened(path)

    assert waits_for(path) == []


def test_a_child_that_is_started_does_not_inherit_the_lock(tmp_path):
    path = tmp_path / "a.duckdb"
    held = filelocks.hold(path, shared=False, on_wait=print)
    child = subprocess.Popen(["sleep", "60"])
    try:
        held.release()
        assert waits_for(path) == []
    finally:
        child.kill()
        child.wait()
