from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sqlflow.databases import DSN
from sqlflow.errors import DataSourceError


def test_three_slashes_are_a_name_relative_to_the_directory():
    assert DSN.parse("duckdb:///data/iris.duckdb", directory=Path("/data/a")) == DSN(
        dialect="duckdb", path=Path("/data/a/data/iris.duckdb")
    )


def test_four_slashes_are_an_absolute_name():
    dsn = DSN.parse("sqlite:////var/lib/iris.db", directory=Path("/data/a"))

    assert dsn == DSN(dialect="sqlite", path=Path("/var/lib/iris.db"))


def test_without_a_directory_a_relative_name_stays_relative():
    assert DSN.parse("sqlite:///iris.db").path == Path("iris.db")


def test_a_file_name_is_percent_decoded():
    assert DSN.parse("sqlite:////tmp/a%3Fb%20c%25.db").path == Path("/tmp/a?b c%.db")


def test_mysql_url():
    assert DSN.parse("mysql://ada:s%40cret@db.example:3307/iris?charset=latin1") == DSN(
        dialect="mysql",
        user="ada",
        password="s@cret",
        host="db.example",
        port=3307,
        database="iris",
        options={"charset": "latin1"},
    )


def test_the_form_of_2020_takes_the_password_as_it_is():
    assert DSN.parse(
        "mysql://root:p@ss/w%40rd:x@tcp(127.0.0.1:3306)/iris?maxAllowedPacket=0"
    ) == DSN(
        dialect="mysql",
        user="root",
        password="p@ss/w%40rd:x",
        host="127.0.0.1",
        port=3306,
        database="iris",
        options={"maxAllowedPacket": "0"},
    )


def test_the_form_of_2020_without_a_database():
    assert DSN.parse("mysql://root:root@tcp(mysql)/?maxAllowedPacket=0").host == "mysql"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRESQL"])
def test_postgres_by_either_name(scheme):
    dsn = DSN.parse(f"{scheme}://ada@[::1]/iris?sslmode=require")

    assert dsn == DSN(
        dialect="postgres",
        user="ada",
        host="::1",
        port=5432,
        database="iris",
        options={"sslmode": "require"},
    )


def test_host_port_and_database_have_defaults():
    dsn = DSN.parse("mariadb://")

    assert (dsn.dialect, dsn.host, dsn.port, dsn.database) == ("mysql", "localhost", 3306, "")


def test_a_password_may_hold_an_at_sign_that_was_not_encoded():
    assert DSN.parse("mysql://root:p@ss@host/db").password == "p@ss"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "iris.duckdb",
            (
                "a data source is written as SCHEME://…, such as duckdb:///iris.duckdb; found no "
                "'://'"
            ),
        ),
        (
            "duckbd:///iris",
            (
                "unknown scheme 'duckbd'; known are duckdb, mysql, postgresql, sqlite; did you "
                "mean 'duckdb'?"
            ),
        ),
        (
            "hive://user:pass@host/db",
            "unknown scheme 'hive'; known are duckdb, mysql, postgresql, sqlite",
        ),
        (
            "duckdb://",
            (
                "duckdb:// names no file, and a database in memory would be empty for each "
                "statement, since each runs in a process of its own; write duckdb:///FILE"
            ),
        ),
        (
            "sqlite:///:memory:",
            (
                "sqlite:// names no file, and a database in memory would be empty for each "
                "statement, since each runs in a process of its own; write sqlite:///FILE"
            ),
        ),
        (
            "duckdb://iris.duckdb",
            (
                "after duckdb:// a third slash stands before the file name: duckdb:///FILE, or a "
                "fourth for an absolute name"
            ),
        ),
        (
            "sqlite:///a%00b",
            "the file name in sqlite:/// holds a NUL character",
        ),
        (
            "mysql://u:secret@h/db?chraset=utf8",
            (
                "unknown mysql option 'chraset'; known are charset, connect_timeout, loc, "
                "maxAllowedPacket, parseTime, readTimeout, read_timeout, ssl_ca, timeout, tls, "
                "writeTimeout, write_timeout; did you mean 'charset'?"
            ),
        ),
        (
            "duckdb:///a?b",
            ("unknown duckdb option 'b'; known are lock_timeout, memory_limit, read_only, threads"),
        ),
        (
            "postgresql://u:secret@host:port/db",
            (
                "the address in postgresql://… is not HOST or HOST:PORT; reserved characters in "
                "user and password are percent-encoded ('@' is %40, '/' is %2F, ':' is %3A, '?' "
                "is %3F)"
            ),
        ),
        (
            "mysql://u:sec/ret@host/db",
            (
                "the address in mysql://… is not HOST or HOST:PORT; reserved characters in user "
                "and password are percent-encoded ('@' is %40, '/' is %2F, ':' is %3A, '?' is "
                "%3F)"
            ),
        ),
        (
            "mysql://u:secret@h:70000/db",
            (
                "the address in mysql://… is not HOST or HOST:PORT; reserved characters in user "
                "and password are percent-encoded ('@' is %40, '/' is %2F, ':' is %3A, '?' is "
                "%3F)"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(DataSourceError) as caught:
        DSN.parse(text)

    assert str(caught.value) == message


def test_str_and_repr_show_all_but_the_password():
    dsn = DSN.parse("mysql://a%40b:s%3Acret@host/db?charset=utf8mb4")

    assert str(dsn) == "mysql://a%40b:***@host:3306/db?charset=utf8mb4"
    assert repr(dsn) == "<DSN mysql://a%40b:***@host:3306/db?charset=utf8mb4>"


def test_a_file_is_shown_so_that_it_can_be_read_again():
    assert str(DSN.parse("duckdb:////data/a b.duckdb")) == "duckdb:////data/a%20b.duckdb"


def test_redact_takes_the_password_out_of_any_text():
    dsn = DSN.parse("mysql://u:a%2Fb@host/db")

    assert dsn.redact("tried a/b, then a%2Fb") == "tried ***, then ***"


def test_a_short_password_is_taken_out_as_a_word_and_not_out_of_words():
    dsn = DSN.parse("mysql://u:p@host/db")

    assert dsn.redact("pip: no login with 'p' at u:p@host") == (
        "pip: no login with '***' at u:***@host"
    )


def test_nothing_is_redacted_without_a_password():
    assert DSN.parse("mysql://u@host/db").redact("text") == "text"


@given(st.text(min_size=1), st.sampled_from(["mysql", "postgresql"]))
def test_any_encoded_password_is_read_and_never_shown(password, scheme):
    marked = f"zq{password}qz"

    dsn = DSN.parse(f"{scheme}://user:{quote(marked, safe='')}@host:1/db")

    assert dsn.password == marked
    assert marked not in f"{dsn} {dsn!r}"


@given(st.text(), st.sampled_from(["mysql", "postgresql", "duckdb", "sqlite", "x"]))
@example("?", "mysql")
@example("/", "mysql")
@example("12/", "mysql")
@example("tcp(h)/?", "mysql")
def test_a_password_that_was_not_encoded_is_shown_nowhere(text, scheme):
    try:
        shown = str(DSN.parse(f"{scheme}://user:{text}zqsecretqz=1@host/db"))
    except DataSourceError as error:
        shown = str(error)

    assert "zqsecret" not in shown


@given(st.text().filter(lambda name: "@tcp(" not in name))
def test_any_password_of_the_form_of_2020_is_read_as_it_is(password):
    assert DSN.parse(f"mysql://user:{password}@tcp(host:1)/db").password == password
