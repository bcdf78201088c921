"""MariaDB, from Debian: types, logins, and what only this engine does."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from sqlflow.databases import DSN, connect
from sqlflow.errors import BusyError, DataSourceError, StatementError, UnavailableError
from sqlflow.wire.rows import Type
from tests import servers

NAIVE = dt.datetime(2020, 1, 1, 1, 2, 3)  # noqa: DTZ001 — it has no zone


@pytest.fixture
def dsn(mariadb):
    return DSN.parse(mariadb)


@pytest.fixture
def connection(dsn):
    with connect(dsn) as opened:
        opened.execute("SET sql_mode = 'ALLOW_INVALID_DATES'")
        yield opened
        opened.execute("DROP TABLE IF EXISTS t")


# Declaration, literal, type, value.
VALUES = [
    ("BIT(1)", "b'1'", Type.BOOL, True),
    ("BIT(9)", "b'101'", Type.INT64, 5),
    ("BIT(64)", "b'1'", Type.HUGEINT, 1),
    ("BOOLEAN", "2", Type.INT64, 2),
    ("INT UNSIGNED", "4294967295", Type.INT64, 2**32 - 1),
    ("BIGINT", "-9223372036854775808", Type.INT64, -(2**63)),
    ("BIGINT UNSIGNED", "18446744073709551615", Type.HUGEINT, 2**64 - 1),
    ("YEAR", "1901", Type.INT64, 1901),
    ("DECIMAL(10,2)", "-12.50", Type.DECIMAL, Decimal("-12.50")),
    ("FLOAT", "0.1", Type.DOUBLE, 0.1),
    ("DOUBLE", "0.1", Type.DOUBLE, 0.1),
    ("DATE", "'2020-02-29'", Type.DATE, dt.date(2020, 2, 29)),
    ("DATE", "'0000-00-00'", Type.DATE, "0000-00-00"),
    ("DATE", "'2020-02-30'", Type.DATE, "2020-02-30"),
    ("TIME(6)", "'01:02:03.5'", Type.TIME, dt.time(1, 2, 3, 500000)),
    ("TIME", "'838:59:59'", Type.TIME, "838:59:59"),
    ("TIME", "'-01:02:03'", Type.TIME, "-01:02:03"),
    ("DATETIME", "'2020-01-01 01:02:03'", Type.TIMESTAMP, NAIVE),
    ("DATETIME(6)", "'2020-01-01 01:02:03.5'", Type.TIMESTAMP, NAIVE.replace(microsecond=500000)),
    ("DATETIME", "'0000-00-00'", Type.TIMESTAMP, "0000-00-00 00:00:00"),
    ("TIMESTAMP", "'2020-01-01 01:02:03'", Type.TIMESTAMP, NAIVE),
    ("CHAR(3)", "'ab'", Type.TEXT, "ab"),
    ("VARCHAR(9) CHARACTER SET latin1", "'é'", Type.TEXT, "é"),
    ("TEXT", "'é😀\\0'", Type.TEXT, "é😀\0"),
    ("ENUM('x','y')", "'y'", Type.TEXT, "y"),
    ("SET('a','b')", "'a,b'", Type.TEXT, "a,b"),
    ("JSON", "'{\"a\":  1}'", Type.TEXT, '{"a":  1}'),
    ("BLOB", "x'00ff'", Type.BYTES, b"\x00\xff"),
    ("VARBINARY(4)", "'ab'", Type.BYTES, b"ab"),
    (
        "UUID",
        "'46d46770-45d0-4cac-8cee-ada9b2d420cf'",
        Type.TEXT,
        "46d46770-45d0-4cac-8cee-ada9b2d420cf",
    ),
]


@pytest.mark.parametrize(("declared", "literal", "kind", "value"), VALUES)
def test_each_type_arrives_exactly(connection, declared, literal, kind, value):
    connection.execute(f"CREATE TABLE t (a {declared} NULL)")
    connection.execute(f"INSERT INTO t VALUES ({literal}), (NULL)")

    result = connection.execute("SELECT a FROM t ORDER BY a IS NULL")

    assert [column.type for column in result.columns] == [kind]
    assert result.rows() == [(value,), (None,)]


@pytest.mark.parametrize("declared", ["DECIMAL(10,2)", "DECIMAL(65,30) UNSIGNED", "DECIMAL(5,0)"])
def test_a_decimal_keeps_its_precision_in_a_new_table(connection, declared):
    connection.execute(f"CREATE TABLE t (a {declared})")

    [column] = connection.columns("t")

    assert column.native == declared.removesuffix(" UNSIGNED")


def test_a_procedure_answers_with_its_first_rows(connection):
    connection.execute("DROP PROCEDURE IF EXISTS p")
    connection.execute("CREATE PROCEDURE p() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c; END")

    assert connection.execute("CALL p()").rows() == [(1,)]
    assert connection.execute("SELECT 4").rows() == [(4,)]


def test_returned_rows_are_read(connection):
    connection.execute("CREATE TABLE t (a INT)")

    assert connection.execute("INSERT INTO t VALUES (1), (2) RETURNING a").rows() == [(1,), (2,)]


def test_a_lock_that_is_held_too_long_is_busy(connection, dsn):
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    with connect(dsn) as other, connection.transaction():
        connection.execute("UPDATE t SET a = 2")
        other.execute("SET innodb_lock_wait_timeout = 1")

        with pytest.raises(BusyError) as caught:
            other.execute("UPDATE t SET a = 3")

    assert str(caught.value) == (
        "Lock wait timeout exceeded; try restarting transaction (error 1205)"
    )


def test_files_of_the_client_are_not_read(connection):
    connection.execute("CREATE TABLE t (a TEXT)")

    with pytest.raises(StatementError, match="disabled the local infile capability"):
        connection.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t")


def test_a_connection_that_the_server_ends_is_unavailable(dsn):
    with connect(dsn) as connection, connect(dsn) as other:
        [(number,)] = connection.execute("SELECT connection_id()").rows()
        other.execute(f"KILL {number}")

        with pytest.raises(UnavailableError):
            connection.execute("SELECT 1")


def test_the_form_of_2020_logs_in(dsn):
    text = (
        f"mysql://{servers.USER}:{servers.PASSWORD}@tcp(127.0.0.1:{dsn.port})/sqlflow"
        "?maxAllowedPacket=0&timeout=10s&parseTime=true"
    )

    with connect(DSN.parse(text)) as connection:
        assert connection.execute("SELECT DATABASE()").rows() == [("sqlflow",)]


def refused(dsn, kind):
    with pytest.raises(kind) as caught:
        connect(dsn)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert servers.PASSWORD not in "".join(map(repr, chain[:2]))
    return str(caught.value)


def test_a_wrong_password_is_said(dsn):
    assert refused(replace(dsn, password="wrong"), DataSourceError) == (
        f"127.0.0.1:{dsn.port}: Access denied for user 'tester'@'127.0.0.1' "
        "(using password: YES) (error 1045)"
    )


def test_a_missing_database_is_named(dsn):
    assert refused(replace(dsn, database="nope"), DataSourceError) == (
        f"127.0.0.1:{dsn.port}: Unknown database 'nope' (error 1049)"
    )


def test_a_server_that_is_not_there_is_unavailable(dsn):
    port = servers.free_port()

    assert refused(replace(dsn, port=port), UnavailableError) == (
        f"127.0.0.1:{port}: Can't connect to MySQL server on '127.0.0.1' "
        "([Errno 111] Connection refused) (error 2003)"
    )


def test_an_unknown_character_set_is_named(dsn):
    assert refused(replace(dsn, options={"charset": "utf99"}), DataSourceError) == (
        "unknown charset 'utf99'"
    )


def test_encryption_that_is_asked_for_is_not_done_without(dsn):
    assert refused(replace(dsn, options={"tls": "true"}), DataSourceError) == (
        f"127.0.0.1:{dsn.port}: SSL is required but the server doesn't support it (error 2026)"
    )


@pytest.mark.parametrize("mode", ["false", "preferred"])
def test_encryption_can_be_left_off(dsn, mode):
    connect(replace(dsn, options={"tls": mode})).close()


def test_rows_that_come_slowly_are_given_out_as_they_come(connection):
    # MariaDB itself sends a row only when its buffer of 16 KiB is full.
    slow = connection.execute(
        "SELECT seq, SLEEP(0.3) AS slept, REPEAT('x', 20000) AS text FROM seq_1_to_3"
    )

    assert [[row[0] for row in rows] for rows in slow.batches()] == [[1], [2], [3]]
