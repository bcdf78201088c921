import datetime as dt
import subprocess
import sys
from decimal import Decimal

import pytest

from sqlflow.databases import DSN, connect
from sqlflow.errors import DataSourceError, StatementError
from sqlflow.wire.rows import Column, Type
from tests import memory


@pytest.fixture
def connection(tmp_path):
    with connect(DSN(dialect="duckdb", path=tmp_path / "a.duckdb")) as opened:
        yield opened


NAIVE = dt.datetime(2020, 1, 1, 1, 2, 3)  # noqa: DTZ001 — it has no zone

# Expression, type, value.
VALUES = [
    ("NULL", Type.TEXT, None),
    ("true", Type.BOOL, True),
    ("CAST(-128 AS TINYINT)", Type.INT64, -128),
    ("9223372036854775807", Type.INT64, 2**63 - 1),
    ("CAST(4294967295 AS UINTEGER)", Type.INT64, 2**32 - 1),
    ("CAST(18446744073709551615 AS UBIGINT)", Type.HUGEINT, 2**64 - 1),
    ("CAST('-170141183460469231731687303715884105728' AS HUGEINT)", Type.HUGEINT, -(2**127)),
    ("CAST(0.1 AS FLOAT)", Type.DOUBLE, 0.10000000149011612),
    ("CAST(0.1 AS DOUBLE)", Type.DOUBLE, 0.1),
    ("CAST('-inf' AS DOUBLE)", Type.DOUBLE, float("-inf")),
    ("CAST('12.50' AS DECIMAL(10,2))", Type.DECIMAL, Decimal("12.50")),
    ("'é😀' || chr(0) || 'x'", Type.TEXT, "é😀\0x"),
    ("CAST('\\x00\\xFF' AS BLOB)", Type.BYTES, b"\x00\xff"),
    ("DATE '9999-12-31'", Type.DATE, dt.date(9999, 12, 31)),
    ("DATE 'infinity'", Type.DATE, "infinity"),
    ("CAST('0044-03-15 (BC)' AS DATE)", Type.DATE, "0044-03-15 (BC)"),
    ("TIME '01:02:03.000004'", Type.TIME, dt.time(1, 2, 3, 4)),
    ("TIME '24:00:00'", Type.TIME, "24:00:00"),
    ("TIMESTAMP '2020-01-01 01:02:03.5'", Type.TIMESTAMP, NAIVE.replace(microsecond=500000)),
    ("CAST('2020-01-01 01:02:03' AS TIMESTAMP_S)", Type.TIMESTAMP, NAIVE),
    ("TIMESTAMP '-infinity'", Type.TIMESTAMP, "-infinity"),
    (
        "TIMESTAMPTZ '2020-01-01 01:02:03.000004+02'",
        Type.TIMESTAMPTZ,
        dt.datetime(2019, 12, 31, 23, 2, 3, 4, tzinfo=dt.UTC),
    ),
    (
        "CAST('2020-01-01 01:02:03.123456789' AS TIMESTAMP_NS)",
        Type.TEXT,
        "2020-01-01 01:02:03.123456789",
    ),
    ("CAST('01:02:03+02' AS TIMETZ)", Type.TEXT, "01:02:03+02"),
    ("INTERVAL '1 month 3 days'", Type.TEXT, "1 month 3 days"),
    (
        "CAST('46d46770-45d0-4cac-8cee-ada9b2d420cf' AS UUID)",
        Type.TEXT,
        "46d46770-45d0-4cac-8cee-ada9b2d420cf",
    ),
    ("CAST('x' AS ENUM('x', 'y'))", Type.TEXT, "x"),
    ("CAST('0101' AS BIT)", Type.TEXT, "0101"),
    ('CAST(\'{"a":  1}\' AS JSON)', Type.JSON, '{"a":  1}'),
    ("[1, NULL]", Type.JSON, "[1,null]"),
    ("[[DATE '2020-01-01']]", Type.JSON, '[["2020-01-01"]]'),
    ("{'a': CAST('12345678901234567890.12' AS DECIMAL(38,2)), 'b': 'x\"y'}", Type.JSON,
     '{"a":12345678901234567890.12,"b":"x\\"y"}'),
    ("MAP {'k': true}", Type.JSON, '{"k":true}'),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "kind", "value"), VALUES)
def test_each_type_arrives_exactly(connection, expression, kind, value):
    result = connection.execute(f"SELECT {expression} AS x")

    assert (result.columns, result.rows()) == ((Column("x", kind),), [(value,)])


def test_nan_is_a_double(connection):
    [(value,)] = connection.execute("SELECT CAST('nan' AS DOUBLE)").rows()

    assert value != value  # noqa: PLR0124 — that is what NaN is


def test_returned_rows_arrive_exactly(connection):
    connection.execute("CREATE TABLE t (a DATE, b INTEGER[])")

    result = connection.execute("INSERT INTO t VALUES ('infinity', [1]) RETURNING a, b")

    assert result.rows() == [("infinity", "[1]")]
    assert connection.execute("SELECT count(*) FROM t").rows() == [(1,)]


def test_a_query_that_is_cast_keeps_order_names_and_a_last_comment(connection):
    query = "SELECT i, DATE '2020-01-01' + i::INT AS i FROM range(3) t(i) ORDER BY i DESC -- three"

    result = connection.execute(query)

    assert [column.name for column in result.columns] == ["i", "i"]
    assert [(number, day.day) for number, day in result.rows()] == [(2, 3), (1, 2), (0, 1)]


@pytest.mark.parametrize(
    "statement",
    ["DESCRIBE t", "SHOW TABLES", "SUMMARIZE t", "FROM t", "EXPLAIN SELECT 1", "PRAGMA version"],
)
def test_whatever_returns_rows_has_columns(connection, statement):
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")

    result = connection.execute(statement)

    assert result.columns
    assert result.rows()


@pytest.mark.parametrize(
    ("statement", "affected"),
    [
        ("CREATE TABLE u AS SELECT * FROM range(5)", 5),
        ("INSERT INTO t VALUES (2), (3)", 2),
        ("UPDATE t SET a = 9 WHERE false", 0),
        ("SET threads = 1", -1),
        ("DROP TABLE t", -1),
        ("-- nothing", -1),
    ],
)
def test_what_returns_no_rows_tells_how_many_it_changed(connection, statement, affected):
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")

    result = connection.execute(statement)

    assert (result.columns, result.affected, result.rows()) == ((), affected, [])


def test_a_query_runs_once(connection):
    connection.execute("CREATE SEQUENCE s")

    assert connection.execute("SELECT nextval('s'), DATE '2020-01-01'").rows()[0][0] == 1
    next(connection.execute("SELECT nextval('s'), DATE '2020-01-01'").arrow_batches())
    assert connection.execute("SELECT currval('s')").rows() == [(2,)]


def test_rows_stream_in_flat_memory(connection):
    result = connection.execute("SELECT i, i::VARCHAR FROM range(200_000) t(i)")

    count, peak = memory.peak(lambda: sum(len(batch) for batch in result.batches(1000)))

    assert count == 200_000
    assert peak < 2_000_000


def test_arrow_has_the_documented_schema(connection):
    import pyarrow as pa

    result = connection.execute(
        "SELECT 1::TINYINT AS a, 2::HUGEINT AS b, 1.5 AS c, 'x' AS d, 'x' AS d, "
        "DATE '2020-01-01' AS e, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS f, [1] AS g, NULL AS h"
    )

    [batch] = result.arrow_batches()

    assert batch.schema.names == ["a", "b", "c", "d", "d", "e", "f", "g", "h"]
    assert batch.schema.types == [
        pa.int64(), pa.float64(), pa.float64(), pa.string(), pa.string(),
        pa.date32(), pa.timestamp("us", "UTC"), pa.string(), pa.string(),
    ]  # fmt: skip
    assert [column[0].as_py() for column in batch.columns[:3]] == [1, 2.0, 1.5]


def test_an_error_while_arrow_is_read_is_the_statement_s(connection):
    result = connection.execute(
        "SELECT CAST(CASE i WHEN 99999 THEN 'x' ELSE '1' END AS INT) FROM range(100_000) t(i)"
    )

    with pytest.raises(StatementError, match="Could not convert string 'x' to INT32"):
        list(result.arrow_batches())


@pytest.mark.parametrize("name", ["sql", "parameters"])
def test_a_missing_table_is_not_looked_for_among_python_s_variables(connection, name):
    with pytest.raises(StatementError, match=f"Table with name {name} does not exist"):
        connection.execute(f"SELECT * FROM {name}")


def test_the_place_in_the_text_is_that_of_the_text_as_it_stands(connection):
    with pytest.raises(StatementError) as caught:
        connection.execute("SELECT a,\n  b FROM range(1) t(a)")

    assert "LINE 2:   b FROM range(1) t(a)" in str(caught.value)


@pytest.mark.parametrize("option", [{"threads": "1"}, {"memory_limit": "100MB"}])
def test_options_reach_the_engine(tmp_path, option):
    [(name, value)] = option.items()
    dsn = DSN(dialect="duckdb", path=tmp_path / "b.duckdb", options=option)

    with connect(dsn) as connection:
        [(setting,)] = connection.execute(f"SELECT current_setting('{name}')").rows()

    assert str(setting).startswith({"1": "1", "100MB": "95.3 MiB"}[value])


def test_read_only_refuses_to_write(tmp_path):
    path = tmp_path / "a.duckdb"
    connect(DSN(dialect="duckdb", path=path)).close()

    with (
        connect(DSN(dialect="duckdb", path=path, options={"read_only": "true"})) as connection,
        pytest.raises(StatementError, match="read-only"),
    ):
        connection.execute("CREATE TABLE t (a INT)")


def test_a_directory_is_no_database(tmp_path):
    with pytest.raises(DataSourceError) as caught:
        connect(DSN(dialect="duckdb", path=tmp_path))

    assert str(caught.value) == f"{tmp_path} is a directory; expected a file"


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(DataSourceError) as caught:
        connect(DSN(dialect="duckdb", path=tmp_path / "no" / "a.duckdb"))

    assert str(caught.value) == f"there is no directory {tmp_path}/no to hold a.duckdb"


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "a.duckdb"
    path.write_text("a, b\n1, 2\n" * 1000)

    with pytest.raises(DataSourceError) as caught:
        connect(DSN(dialect="duckdb", path=path))

    assert str(caught.value) == (
        f'{path} can\'t be opened: IO Error: The file "{path}" exists, but it is not a valid '
        "DuckDB database file!"
    )


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "a.duckdb"
    with connect(DSN(dialect="duckdb", path=path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM range(1000)")
    damaged = bytearray(path.read_bytes())
    damaged[4096:8192] = bytes(4096)
    path.write_bytes(damaged)

    with pytest.raises(DataSourceError, match=r"a\.duckdb can't be opened: .*"):
        connect(DSN(dialect="duckdb", path=path))


def test_an_option_that_is_no_number_is_refused(tmp_path):
    dsn = DSN(dialect="duckdb", path=tmp_path / "a.duckdb", options={"lock_timeout": "soon"})

    with pytest.raises(DataSourceError) as caught:
        connect(dsn)

    assert str(caught.value) == "option lock_timeout is a number of seconds, not 'soon'"


def test_plain_rows_import_nothing_heavy(tmp_path):
    script = (
        "import sys; from sqlflow.databases import DSN, connect\n"
        f"with connect(DSN.parse('duckdb:///{tmp_path}/a.duckdb')) as c:\n"
        "    c.execute(\"SELECT 1, DATE '2020-01-01', now(), [1]\").rows()\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'pytz', 'sqlglot'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
