"""PostgreSQL, from Debian: types, logins, and what only this engine does."""

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
def dsn(postgres):
    return DSN.parse(postgres)


@pytest.fixture
def connection(dsn):
    with connect(dsn) as opened:
        yield opened
        opened.execute("DROP TABLE IF EXISTS t")


# Expression, type, value.
VALUES = [
    ("NULL", Type.TEXT, None),
    ("true", Type.BOOL, True),
    ("1::smallint", Type.INT64, 1),
    ("9223372036854775807", Type.INT64, 2**63 - 1),
    ("0.1::real", Type.DOUBLE, 0.1),
    ("0.1::double precision", Type.DOUBLE, 0.1),
    ("'-Infinity'::double precision", Type.DOUBLE, float("-inf")),
    ("12.50::numeric(10,2)", Type.DECIMAL, Decimal("12.50")),
    ("1e100::numeric", Type.DECIMAL, Decimal(10**100)),
    ("'Infinity'::numeric", Type.DECIMAL, Decimal("Infinity")),
    ("'é😀'", Type.TEXT, "é😀"),
    ("'a'::char(3)", Type.TEXT, "a  "),
    ("'\\x00ff'::bytea", Type.BYTES, b"\x00\xff"),
    ("date '9999-12-31'", Type.DATE, dt.date(9999, 12, 31)),
    ("date 'infinity'", Type.DATE, "infinity"),
    ("date '0044-03-15 BC'", Type.DATE, "0044-03-15 BC"),
    ("time '01:02:03.5'", Type.TIME, dt.time(1, 2, 3, 500000)),
    ("time '24:00'", Type.TIME, "24:00:00"),
    ("timestamp '2020-01-01 01:02:03'", Type.TIMESTAMP, NAIVE),
    ("timestamp '-infinity'", Type.TIMESTAMP, "-infinity"),
    (
        "timestamptz '2020-01-01 01:02:03.000004+02'",
        Type.TIMESTAMPTZ,
        dt.datetime(2019, 12, 31, 23, 2, 3, 4, tzinfo=dt.UTC),
    ),
    ("timestamptz 'infinity'", Type.TIMESTAMPTZ, "infinity"),
    ("timetz '01:02:03+02'", Type.TEXT, "01:02:03+02"),
    ("interval '1 month 3 days'", Type.TEXT, "1 mon 3 days"),
    (
        "uuid '46d46770-45d0-4cac-8cee-ada9b2d420cf'",
        Type.TEXT,
        "46d46770-45d0-4cac-8cee-ada9b2d420cf",
    ),
    ("inet '::1/64'", Type.TEXT, "::1/64"),
    ("money '12.50'", Type.TEXT, "$12.50"),
    ("bit '101'", Type.TEXT, "101"),
    ("int4range '[1,5)'", Type.TEXT, "[1,5)"),
    ("row(1, 'a')", Type.TEXT, "(1,a)"),
    ("'{\"a\":  1.50}'::json", Type.JSON, '{"a":  1.50}'),
    ("'{\"a\":  1.50}'::jsonb", Type.JSON, '{"a": 1.50}'),
    ("array[1, NULL]", Type.JSON, "[1,null]"),
    ("array[[1, 2], [3, 4]]", Type.JSON, "[[1,2],[3,4]]"),
    ("'{}'::int[]", Type.JSON, "[]"),
    ("array[1.50, 'NaN']::numeric[]", Type.JSON, '[1.50,"NaN"]'),
    ("array[1.5, 'NaN']::double precision[]", Type.JSON, '[1.5,"nan"]'),
    ("array['a\"b', NULL]", Type.JSON, '["a\\"b",null]'),
    ("array[date '2020-01-01', 'infinity']", Type.JSON, '["2020-01-01","infinity"]'),
    ("array['\\x00ff'::bytea]", Type.JSON, '["\\\\x00ff"]'),
    ("array[true]", Type.JSON, "[true]"),
]


@pytest.mark.parametrize(("expression", "kind", "value"), VALUES)
def test_each_type_arrives_exactly(connection, expression, kind, value):
    result = connection.execute(f"SELECT {expression} AS x")

    assert [column.type for column in result.columns] == [kind]
    assert result.rows() == [(value,)]


def test_a_type_of_the_user_is_text(connection):
    connection.execute("DROP TYPE IF EXISTS mood")
    connection.execute("CREATE TYPE mood AS ENUM ('fine')")

    assert connection.execute("SELECT 'fine'::mood, array['fine'::mood]").rows() == [
        ("fine", "{fine}")
    ]


@pytest.mark.parametrize("declared", ["numeric(10,2)", "varchar(20)", "int4", "numeric"])
def test_a_column_keeps_its_type_in_a_new_table(connection, declared):
    connection.execute(f"CREATE TABLE t (a {declared})")

    connection.replace_table("t", connection.columns("t"), [[(1,)]])

    assert [column.native for column in connection.columns("t")] == [declared]


def test_returned_rows_are_read(connection):
    connection.execute("CREATE TABLE t (a int)")

    assert connection.execute("INSERT INTO t VALUES (1), (2) RETURNING a").rows() == [(1,), (2,)]


@pytest.mark.parametrize(
    "statement",
    ["VACUUM", "DO $$ BEGIN RAISE NOTICE 'x'; END $$", "SET search_path = public", ""],
)
def test_whatever_returns_nothing_has_no_columns(connection, statement):
    result = connection.execute(statement)

    assert (result.columns, result.affected, result.rows()) == ((), -1, [])


def test_an_error_after_the_first_rows_is_the_statement_s(connection):
    result = connection.execute("SELECT 1 / (5000 - x) FROM generate_series(1, 10000) t(x)")

    with pytest.raises(StatementError, match="division by zero"):
        result.rows()
    assert connection.execute("SELECT 1").rows() == [(1,)]


def test_copy_from_and_to_the_client_is_refused(connection, dsn):
    with connect(dsn) as own, pytest.raises(StatementError) as caught:
        own.execute("COPY (SELECT 1) TO STDOUT")

    assert str(caught.value) == "COPY FROM STDIN and COPY TO STDOUT have no meaning in a program"


def test_the_place_of_an_error_is_shown(connection):
    with pytest.raises(StatementError) as caught:
        connection.execute("SELECT 1,\n  nope")

    assert str(caught.value) == ('column "nope" does not exist\nLINE 2:   nope\n          ^')


def test_an_abandoned_result_does_not_harm_a_transaction(connection):
    with connection.transaction():
        connection.execute("CREATE TABLE t (a int)")
        # More than fits into any buffer: the server is still sending it.
        next(connection.execute("SELECT generate_series(1, 500000)").batches(10))
        connection.execute("INSERT INTO t VALUES (1)")

    assert connection.execute("SELECT a FROM t").rows() == [(1,)]


def test_a_lock_that_is_held_too_long_is_busy(connection, dsn):
    connection.execute("CREATE TABLE t (a int)")
    with connect(dsn) as other, connection.transaction():
        connection.execute("LOCK TABLE t")
        other.execute("SET lock_timeout = '50ms'")

        with pytest.raises(BusyError) as caught:
            other.execute("SELECT * FROM t")

    assert str(caught.value).startswith("canceling statement due to lock timeout")


def test_a_connection_that_the_server_ends_is_unavailable(connection, dsn):
    with connect(dsn) as other:
        [(number,)] = other.execute("SELECT pg_backend_pid()").rows()
        connection.execute("SELECT pg_terminate_backend(?)", [number]).rows()

        with pytest.raises(UnavailableError, match="the connection to the server was lost: "):
            other.execute("SELECT 1")


def refused(dsn, kind):
    with pytest.raises(kind) as caught:
        connect(dsn)
    assert caught.value.__cause__ is None
    assert servers.PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_wrong_password_is_said(dsn):
    assert refused(replace(dsn, password="wrong"), DataSourceError).endswith(
        'FATAL:  password authentication failed for user "tester"'
    )


def test_a_missing_database_is_named(dsn):
    assert refused(replace(dsn, database="nope"), DataSourceError).endswith(
        'FATAL:  database "nope" does not exist'
    )


def test_a_server_that_is_not_there_is_unavailable(dsn):
    port = servers.free_port()

    text = refused(replace(dsn, port=port), UnavailableError)

    assert f'connection to server at "127.0.0.1", port {port} failed: Connection refused' in text


def test_encryption_that_is_asked_for_is_not_done_without(dsn):
    assert refused(replace(dsn, options={"sslmode": "require"}), DataSourceError).endswith(
        "server does not support SSL, but SSL was required"
    )
