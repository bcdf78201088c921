"""Real database servers for tests, from Debian's packages, on loopback ports of their own.

A fixture gives the DSN of a server that it starts, in a folder of its own, for the tests of one
pytest process. Where a server is not installed the fixture fails and names the package.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

USER = "tester"
PASSWORD = "p@ss/w:rd%é"
PASSWORD_IN_URL = "p%40ss%2Fw%3Ard%25%C3%A9"
DATABASE = "sqlflow"

_START_SECONDS = 60.0
_STOP = {"postgres": signal.SIGINT, "mariadbd": signal.SIGTERM}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server; its DSN."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    # PostgreSQL refuses to run as root.
    with _folder(owner="postgres") as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        port = free_port()
        _run(_initdb(found[-1], folder), folder=folder)
        command = _postgres_command(found[-1], folder, port)
        with _server(command, folder=folder, ready=lambda: _postgres_answers(port)):
            with contextlib.closing(_postgres_connection(port)) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}".encode())
            yield f"postgresql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/{DATABASE}"


def _initdb(programs: Path, folder: Path) -> list[str]:
    return [
        *(f"{programs}/initdb", f"--pgdata={folder}/data", f"--username={USER}"),
        *("--auth=scram-sha-256", f"--pwfile={folder}/password"),
        *("--no-sync", "--no-locale", "--encoding=UTF8", "--no-instructions"),
    ]


def _postgres_command(programs: Path, folder: Path, port: int) -> list[str]:
    return [
        *(f"{programs}/postgres", "-D", f"{folder}/data", "-h", "127.0.0.1", "-p", str(port)),
        *("--unix_socket_directories=", "--fsync=off", "--shared_buffers=16MB", "--jit=off"),
    ]


def _postgres_answers(port: int) -> bool:
    import psycopg

    try:
        _postgres_connection(port).close()
    except psycopg.OperationalError:
        return False
    return True


def _postgres_connection(port: int) -> psycopg.Connection[Any]:
    import psycopg

    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user=USER,
        password=PASSWORD,
        dbname="postgres",
        autocommit=True,
    )


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """A MariaDB server; its DSN."""
    if not Path("/usr/sbin/mariadbd").exists():
        pytest.fail("MariaDB is not installed: apt-get install mariadb-server")
    with _folder(owner="mysql") as folder:
        start = folder / "start.sql"
        start.write_text(
            f"CREATE DATABASE {DATABASE};\n"
            f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1';\n",
            encoding="utf-8",
        )
        port = free_port()
        _run(_mariadb_install(folder), folder=folder)
        command = _mariadb_command(folder, port)
        with _server(command, folder=folder, ready=lambda: _mariadb_answers(port)):
            yield f"mysql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/{DATABASE}"


def _mariadb_install(folder: Path) -> list[str]:
    return [
        *("mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"),
        *("--auth-root-authentication-method=normal", "--skip-name-resolve"),
    ]


def _mariadb_command(folder: Path, port: int) -> list[str]:
    return [
        *("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--port={port}"),
        *(
            "--bind-address=127.0.0.1",
            f"--socket={folder}/socket",
            f"--init-file={folder}/start.sql",
        ),
        *("--skip-name-resolve", "--character-set-server=utf8mb4"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"),
    ]


def _mariadb_answers(port: int) -> bool:
    import pymysql

    try:
        pymysql.connect(
            host="127.0.0.1", port=port, user=USER, password=PASSWORD.encode(), database=DATABASE
        ).close()
    except pymysql.Error:
        return False
    return True


@contextlib.contextmanager
def _folder(*, owner: str) -> Iterator[Path]:
    """A short-lived folder, owned by the server's account if we are root."""
    # Not pytest's tmp_path, which other accounts may not enter.
    folder = Path(tempfile.mkdtemp(prefix="sqlflow-"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder)


def _account(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    status = folder.stat()
    return {"user": status.st_uid, "group": status.st_gid, "extra_groups": []}


def _run(command: Sequence[str], *, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, **_account(folder)
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def _server(command: Sequence[str], *, folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    output = folder / "output"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            **_account(folder),
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not start:\n{output.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        # The signal at which each stops at once, whoever is still connected.
        process.send_signal(_STOP[Path(command[0]).name])
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
