import contextlib
import datetime as dt
import sqlite3
from decimal import Decimal

import pytest

from sqlflow.databases import DSN, connect
from sqlflow.errors import BusyError, DataSourceError, StatementError
from sqlflow.wire.rows import Column, Type


def dsn(path, **options):
    return DSN(dialect="sqlite", path=path, options=options)


@pytest.fixture
def connection(tmp_path):
    with connect(dsn(tmp_path / "a.db")) as opened:
        yield opened


def test_each_cell_keeps_its_own_type(connection):
    connection.execute("CREATE TABLE t (a INTEGER)")
    connection.execute(
        "INSERT INTO t VALUES (1), (1.5), ('text'), (x'00ff'), (NULL), (9223372036854775807)"
    )

    result = connection.execute("SELECT a FROM t")

    assert result.columns == (Column("a", Type.ANY),)
    assert result.rows() == [(1,), (1.5,), ("text",), (b"\x00\xff",), (None,), (2**63 - 1,)]


def test_text_that_is_not_utf8_stays_bytes(connection):
    assert connection.execute("SELECT CAST(x'ff41' AS TEXT), 'é'").rows() == [(b"\xffA", "é")]


def test_what_sqlite_has_no_type_for_is_stored_as_exact_text(connection):
    kinds = (Type.DECIMAL, Type.HUGEINT, Type.DATE, Type.TIME, Type.TIMESTAMPTZ)
    columns = [Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    row = (
        Decimal("12.50"),
        2**100,
        dt.date(2020, 1, 1),
        dt.time(1, 2, 3),
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    )

    connection.replace_table("t", columns, [[row]])

    assert connection.execute("SELECT * FROM t").rows() == [
        ("12.50", str(2**100), "2020-01-01", "01:02:03", "2020-01-01T00:00:00+00:00")
    ]


def test_a_column_without_a_type_keeps_each_cell(connection):
    rows = [("1",), (1,), (1.0,), (b"1",)]

    connection.replace_table("t", [Column("a", Type.ANY)], [rows])

    stored = connection.execute("SELECT a FROM t").rows()
    assert [(type(value), value) for (value,) in stored] == [
        (str, "1"), (int, 1), (float, 1.0), (bytes, b"1"),
    ]  # fmt: skip


def test_readers_go_on_while_another_writes(tmp_path):
    path = tmp_path / "a.db"
    with connect(dsn(path)) as writer, connect(dsn(path, timeout="0")) as reader:
        writer.execute("CREATE TABLE t AS SELECT 1 AS a")
        with writer.transaction():
            writer.execute("UPDATE t SET a = 2")

            assert reader.execute("SELECT a FROM t").rows() == [(1,)]


def test_a_second_writer_is_told_after_the_timeout(tmp_path):
    path = tmp_path / "a.db"
    with connect(dsn(path)) as first, connect(dsn(path, timeout="50ms")) as second:
        first.execute("CREATE TABLE t (a)")
        with first.transaction():
            first.execute("INSERT INTO t VALUES (1)")

            with pytest.raises(BusyError) as caught:
                second.execute("INSERT INTO t VALUES (2)")

    assert str(caught.value) == "database is locked"


def test_read_only_refuses_to_write(tmp_path):
    path = tmp_path / "a.db"
    connect(dsn(path)).close()

    with (
        connect(dsn(path, read_only="true")) as connection,
        pytest.raises(StatementError, match="attempt to write a readonly database"),
    ):
        connection.execute("CREATE TABLE t (a)")


def test_read_only_makes_no_file(tmp_path):
    path = tmp_path / "a.db"

    with pytest.raises(DataSourceError) as caught:
        connect(dsn(path, read_only="true"))

    assert str(caught.value) == f"{path} can't be opened: unable to open database file"


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "a.db"
    path.write_text("a, b\n1, 2\n" * 1000)

    with pytest.raises(DataSourceError) as caught:
        connect(dsn(path))

    assert str(caught.value) == f"{path} can't be opened: file is not a database"


def test_a_damaged_file_is_said_to_be_so(tmp_path):
    path = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(path)) as plain:
        plain.execute("CREATE TABLE t (a)")
        plain.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
        plain.commit()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = bytes(len(damaged) - 4096)
    path.write_bytes(damaged)

    with connect(dsn(path)) as connection, pytest.raises(DataSourceError) as caught:
        connection.execute("SELECT count(*) FROM t").rows()

    assert str(caught.value) == "database disk image is malformed"


def test_a_directory_is_no_database(tmp_path):
    with pytest.raises(DataSourceError) as caught:
        connect(dsn(tmp_path))

    assert str(caught.value) == f"{tmp_path} is a directory; expected a file"


def test_a_name_with_characters_of_a_uri_is_just_a_name(tmp_path):
    path = tmp_path / "a?b#c%20.db"

    connect(dsn(path)).close()

    assert path.exists()


def test_a_flag_is_true_or_false(tmp_path):
    with pytest.raises(DataSourceError) as caught:
        connect(dsn(tmp_path / "a.db", read_only="yes"))

    assert str(caught.value) == "option read_only is one of true, 1, false, 0, not 'yes'"
