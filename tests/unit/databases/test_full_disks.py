"""A full disk, real: a small tmpfs in a mount namespace of its own.

Where no namespace may be made (a container without privileges), files are kept small instead, which
engines meet as the same kind of failure.
"""

import os
import re
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from pathlib import Path
from sqlflow.databases import DSN, connect
from sqlflow.errors import StorageError
dsn = DSN(dialect=sys.argv[1], path=Path(sys.argv[2]) / "a.db")
try:
    with connect(dsn) as connection:
        connection.execute("CREATE TABLE t (a VARCHAR)")
        for number in range(200):
            connection.execute(f"INSERT INTO t {sys.argv[3]}")
except StorageError as error:
    print("storage:", error)
"""

FILL = {
    "duckdb": "SELECT md5(random()::VARCHAR) FROM range(100000)",
    "sqlite": "VALUES (hex(randomblob(500000)))",
}


TEXTS = {
    "duckdb": r"No space left on device|File too large",
    "sqlite": r"database or disk is full|disk I/O error",
}


def on_a_small_disk(folder, command):
    """Return the command that runs ``command`` with little room in ``folder``."""
    namespace = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    mount = ["sh", "-c", 'mount -t tmpfs -o size=4m none "$0" && exec "$@"', folder]
    probe = subprocess.run([*namespace, *mount, "true"], capture_output=True, check=False)
    if probe.returncode == 0:
        return [*namespace, *mount, *command]
    return ["prlimit", "--fsize=4194304", *command]


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_a_full_disk_is_a_storage_error(tmp_path, dialect):
    command = [sys.executable, "-c", SCRIPT, dialect, tmp_path, FILL[dialect]]

    done = subprocess.run(
        on_a_small_disk(tmp_path, command), capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert re.fullmatch(f"storage: .*({TEXTS[dialect]}).*\n", done.stdout, re.DOTALL)
