"""What holds on every engine: one suite, four databases, two of them real servers."""

import contextlib
import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sqlflow.databases import DSN, connect
from sqlflow.errors import StatementError
from sqlflow.wire.rows import Column, Type
from tests import memory

ENGINES = ("duckdb", "sqlite", "mysql", "postgres")
INTEGER, TEXT = Column("a", Type.INT64), Column("b", Type.TEXT)

SERIES = {
    "duckdb": "SELECT range AS a FROM range({})",
    "sqlite": (
        "WITH RECURSIVE t(a) AS (SELECT 0 UNION ALL SELECT a + 1 FROM t LIMIT {}) SELECT a FROM t"
    ),
    "mysql": "SELECT seq - 1 AS a FROM seq_1_to_{}",
    "postgres": "SELECT generate_series(0, {} - 1) AS a",
}  # fmt: skip
MISSING = {
    "duckdb": "Table with name nope does not exist",
    "sqlite": "no such table: nope",
    "mysql": "Table 'sqlflow.nope' doesn't exist (error 1146)",
    "postgres": 'relation "nope" does not exist',
}


@pytest.fixture(params=ENGINES)
def dsn(request, tmp_path):
    if request.param in {"duckdb", "sqlite"}:
        return DSN(dialect=request.param, path=tmp_path / "a.db")
    return DSN.parse(
        request.getfixturevalue({"mysql": "mariadb"}.get(request.param, request.param))
    )


@pytest.fixture
def connection(dsn):
    with connect(dsn) as opened:
        yield opened
        for table in ("t", "old", "odd"):
            opened.execute(f"DROP TABLE IF EXISTS {table}")


def contents(connection, table="t"):
    return connection.execute(f"SELECT * FROM {connection.qualify(table)}").rows()


def test_text_without_parameters_reaches_the_engine_as_it_stands(connection):
    assert connection.execute("SELECT 'a%s?%', '?'").rows() == [("a%s?%", "?")]


def test_each_question_mark_stands_for_a_parameter(connection):
    connection.create_table("t", [INTEGER, TEXT])

    connection.execute("INSERT INTO t VALUES (?, ?), (?, '100%')", [1, 'it\'s %s \\ "x"', None])

    assert contents(connection) == [(1, 'it\'s %s \\ "x"'), (None, "100%")]


def test_bytes_are_a_parameter_too(connection):
    connection.create_table("t", [Column("a", Type.BYTES)])

    connection.execute("INSERT INTO t VALUES (?)", [bytes(range(256))])

    assert contents(connection) == [(bytes(range(256)),)]


def test_batches_are_of_the_size_that_is_asked_for(connection):
    result = connection.execute(SERIES[connection.dialect].format(10))

    assert [[a for (a,) in batch] for batch in result.batches(4)] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9],
    ]  # fmt: skip


def test_an_empty_result_has_columns_and_no_batch(connection):
    connection.create_table("t", [INTEGER, TEXT])

    result = connection.execute("SELECT * FROM t")

    assert [column.name for column in result.columns] == ["a", "b"]
    assert list(result.batches()) == []


def test_names_of_columns_may_repeat(connection):
    result = connection.execute("SELECT 1 AS a, 2 AS a")

    assert [column.name for column in result.columns] == ["a", "a"]
    assert result.rows() == [(1, 2)]


def test_a_statement_that_changes_rows_says_how_many(connection):
    connection.create_table("t", [INTEGER])

    result = connection.execute("INSERT INTO t VALUES (1), (2)")

    assert (result.columns, result.affected) == ((), 2)


def test_rows_are_gone_with_the_next_statement(connection):
    batches = connection.execute(SERIES[connection.dialect].format(5000)).batches(10)
    next(batches)

    assert connection.execute("SELECT 1").rows() == [(1,)]
    with pytest.raises(StatementError) as caught:
        next(batches)
    assert str(caught.value) == (
        "these rows are gone: another statement has run on their connection"
    )


def test_a_long_result_is_left_at_once(connection):
    result = connection.execute(SERIES[connection.dialect].format(100_000_000))
    assert len(next(result.batches(10))) == 10

    assert connection.execute("SELECT 1").rows() == [(1,)]


def test_a_connection_closes_in_the_middle_of_a_result(dsn):
    with connect(dsn) as connection:
        next(connection.execute(SERIES[connection.dialect].format(1_000_000)).batches(10))

    with connect(dsn) as again:
        assert again.execute("SELECT 1").rows() == [(1,)]


def test_rows_stream(connection):
    result = connection.execute(SERIES[connection.dialect].format(50_000))

    count, peak = memory.peak(lambda: sum(len(batch) for batch in result.batches(500)))

    assert count == 50_000
    assert peak < 1_000_000


def test_a_refused_statement_gives_the_engine_s_text(connection):
    with pytest.raises(StatementError) as caught:
        connection.execute("SELECT * FROM nope")

    assert MISSING[connection.dialect] in str(caught.value)


def test_a_connection_serves_on_after_an_error(connection):
    with pytest.raises(StatementError):
        connection.execute("SELEC 1")

    assert connection.execute("SELECT 1").rows() == [(1,)]


def test_a_transaction_commits_as_a_whole(connection, dsn):
    connection.create_table("t", [INTEGER])

    with connection.transaction():
        connection.execute("INSERT INTO t VALUES (1)")
        with connection.transaction():
            connection.execute("INSERT INTO t VALUES (2)")

    with connect(dsn) as other:
        assert contents(other) == [(1,), (2,)]


@pytest.mark.parametrize("inside", [False, True])
def test_a_transaction_that_fails_leaves_nothing(connection, inside):
    connection.create_table("t", [INTEGER])

    def work():
        with connection.transaction():
            connection.execute("INSERT INTO t VALUES (1)")
            with connection.transaction() if inside else contextlib.nullcontext():
                connection.execute("SELECT * FROM nope").rows()

    with pytest.raises(StatementError, match="nope"):
        work()

    assert contents(connection) == []


def test_rows_that_are_inserted_are_counted(connection):
    connection.create_table("t", [INTEGER, TEXT])

    count = connection.insert("t", [INTEGER, TEXT], [[(1, "x")], [], [(2, None), (3, "")]])

    assert count == 3
    assert contents(connection) == [(1, "x"), (2, None), (3, "")]


def test_many_rows_are_inserted(connection):
    connection.create_table("t", [INTEGER, TEXT])
    numbers = iter(range(5000))
    batches = ([(n, "x" * 500) for n in chunk] for chunk in iter(
        lambda: list(itertools.islice(numbers, 4000)), []
    ))  # fmt: skip

    assert connection.insert("t", [INTEGER, TEXT], batches) == 5000
    assert connection.execute("SELECT count(*), max(a), min(b) FROM t").rows() == [
        (5000, 4999, "x" * 500)
    ]


def test_an_insert_that_fails_halfway_leaves_nothing(connection):
    connection.create_table("t", [INTEGER])

    def batches():
        yield [(1,)]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        connection.insert("t", [INTEGER], batches())

    assert contents(connection) == []


def test_a_replaced_table_has_the_new_columns_and_rows(connection):
    connection.replace_table("t", [INTEGER], [[(1,)]])

    count = connection.replace_table("t", [TEXT, INTEGER], [[("x", 2)], [("y", None)]])

    assert count == 2
    assert [column.name for column in connection.columns("t")] == ["b", "a"]
    assert contents(connection) == [("x", 2), ("y", None)]


def test_a_table_is_replaced_by_an_empty_one(connection):
    connection.replace_table("t", [INTEGER], [[(1,)]])

    assert connection.replace_table("t", [INTEGER], []) == 0
    assert contents(connection) == []


def test_readers_see_the_old_table_until_the_new_one_is_whole(connection, dsn):
    connection.replace_table("t", [INTEGER], [[(1,)]])
    seen = []

    def batches():
        yield [(2,)]
        with connect(dsn) as reader:
            seen.append(contents(reader))
        yield [(3,)]

    connection.replace_table("t", [INTEGER], batches())

    assert seen == [[(1,)]]
    with connect(dsn) as reader:
        assert contents(reader) == [(2,), (3,)]


def tables(connection):
    where = {
        "duckdb": "SELECT table_name FROM duckdb_tables()",
        "sqlite": "SELECT name FROM sqlite_schema",
        "mysql": "SHOW TABLES",
        "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    return [name for (name,) in connection.execute(where[connection.dialect]).rows()]


def test_a_replacement_that_fails_leaves_the_old_table_and_nothing_else(connection):
    connection.replace_table("t", [INTEGER], [[(1,)]])

    def batches():
        yield [(2,)]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        connection.replace_table("t", [INTEGER], batches())

    assert contents(connection) == [(1,)]
    assert tables(connection) == ["t"]


def test_nothing_else_is_left_after_a_replacement(connection):
    connection.replace_table("t", [INTEGER], [[(1,)]])
    connection.replace_table("t", [INTEGER], [[(2,)]])

    assert tables(connection) == ["t"]


def test_any_text_is_a_name(connection):
    odd = 'odd "name" with `marks`, %s, ? and dots. SELECT'
    table = (
        connection.quote(odd) if connection.dialect != "mysql" else f"`{odd.replace('`', '``')}`"
    )
    column = Column(odd, Type.INT64)
    try:
        connection.replace_table(table, [column], [[(1,)]])
        connection.replace_table(table, [column], [[(2,)]])

        assert connection.table_exists(table)
        assert [found.name for found in connection.columns(table)] == [odd]
        assert contents(connection, table) == [(2,)]
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {connection.qualify(table)}")


def test_a_table_is_found_by_its_qualified_name(connection):
    place = {"duckdb": "main", "sqlite": "main", "mysql": "sqlflow", "postgres": "public"}
    name = f"{place[connection.dialect]}.t"

    connection.replace_table(name, [INTEGER], [[(1,)]])

    assert connection.table_exists(name)
    assert contents(connection, name) == [(1,)]
    assert contents(connection, "t") == [(1,)]


def test_a_view_exists_and_a_missing_table_does_not(connection):
    connection.create_table("t", [INTEGER])
    connection.execute("CREATE VIEW v AS SELECT * FROM t")
    try:
        assert connection.table_exists("v")
        assert not connection.table_exists("nope")
        assert not connection.table_exists("nope.t")
    finally:
        connection.execute("DROP VIEW v")


# Type, values. What an engine has no type for is read as its own module's tests say.
STORED = [
    (Type.BOOL, [True, False]),
    (Type.INT64, [2**63 - 1, -(2**63)]),
    (Type.HUGEINT, [2**100, -(2**100)]),
    (Type.DOUBLE, [0.1, -1.5e300, 5e-324]),
    (Type.DECIMAL, [Decimal("12345678901234567890.123"), Decimal("-0.001")]),
    (Type.TEXT, ["é😀'\"\\%s\n\t", "", "x" * 100_000]),
    (Type.JSON, ['{"a": [1, "é"]}', "[]"]),
    (Type.BYTES, [bytes(range(256)), b""]),
    (Type.DATE, [dt.date(2020, 2, 29), dt.date(9999, 12, 31)]),
    (Type.TIME, [dt.time(23, 59, 59, 999999), dt.time(0, 0)]),
    (Type.TIMESTAMP, [dt.datetime(2020, 2, 29, 1, 2, 3, 4)]),  # noqa: DTZ001 — it has no zone
    (Type.TIMESTAMPTZ, [dt.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=dt.UTC)]),
    (Type.ANY, ["text"]),
]
READ: dict[str, dict[Type, Callable[[Any], Any]]] = {
    "sqlite": {
        Type.HUGEINT: int, Type.DECIMAL: Decimal, Type.DATE: dt.date.fromisoformat,
        Type.TIME: dt.time.fromisoformat, Type.TIMESTAMP: dt.datetime.fromisoformat,
        Type.TIMESTAMPTZ: dt.datetime.fromisoformat,
    },
    "mysql": {Type.TIMESTAMPTZ: lambda value: value.replace(tzinfo=dt.UTC)},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), STORED, ids=[kind for kind, _ in STORED])
def test_what_is_stored_in_a_column_of_each_type_comes_back(connection, kind, values):
    read = READ.get(connection.dialect, {}).get(kind, lambda value: value)

    connection.replace_table("t", [Column("a", kind)], [[(value,) for value in [*values, None]]])

    stored = [value for (value,) in contents(connection)]
    assert [value if value is None else read(value) for value in stored] == [*values, None]


def test_a_table_made_from_a_result_keeps_the_types_of_its_columns(connection):
    connection.execute(
        "CREATE TABLE old AS "
        "SELECT CAST(1.5 AS DECIMAL(10,2)) AS a, CAST('2020-01-01' AS DATE) AS b"
    )
    old = connection.columns("old")

    connection.replace_table("t", old, [connection.execute("SELECT * FROM old").rows()])

    assert connection.columns("t") == old
    assert [c.native for c in connection.columns("t")] == [c.native for c in old]
    assert contents(connection) == contents(connection, "old")


def test_rows_come_as_arrow(connection):
    connection.replace_table("t", [INTEGER, TEXT], [[(n, f"x{n}") for n in range(100)]])

    batches = list(connection.execute("SELECT a, b FROM t ORDER BY a").arrow_batches(40))

    assert sum(batch.num_rows for batch in batches) == 100
    assert len({batch.schema for batch in batches}) == 1
    assert batches[0].column(1)[:2].to_pylist() == ["x0", "x1"]


def test_a_table_is_looked_for_within_a_transaction(connection):
    with connection.transaction():
        assert not connection.table_exists("nope")
        connection.create_table("t", [INTEGER])
        assert connection.table_exists("t")


@pytest.mark.parametrize("name", ["", "a..b"])
def test_what_is_no_name_is_refused_before_the_engine_sees_it(connection, name):
    with pytest.raises(StatementError, match="not a table's name"):
        connection.table_exists(name)


def test_a_relative_file_is_beside_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir("/")

    connect(DSN.parse("sqlite:///a.db", directory=tmp_path)).close()

    assert Path(tmp_path, "a.db").exists()
