from __future__ import annotations

import pytest

from sqlflow.errors import DataSourceError
from sqlflow.plan.dialects import dialect_of


@pytest.mark.parametrize(
    ("dsn", "dialect"),
    [
        ("duckdb:///x", "duckdb"),
        ("sqlite:///x", "sqlite"),
        ("mysql://u:p@tcp(h:1)/d", "mysql"),
        ("MariaDB://h/d", "mysql"),
        ("postgres://h/d", "postgres"),
        (" postgresql://h/d\n", "postgres"),
        ("hive://h/d", "hive"),
    ],
)
def test_the_scheme_tells_the_dialect(dsn, dialect):
    assert dialect_of(dsn) == dialect


@pytest.mark.parametrize("dsn", ["", "s3cret", "u:s3cret@h", "s3cret/x://h", "é://s3cret"])
def test_what_has_no_scheme_is_refused_and_not_repeated(dsn):
    with pytest.raises(DataSourceError, match="found no scheme") as caught:
        dialect_of(dsn)

    assert "s3cret" not in str(caught.value)


def test_an_unknown_scheme_is_named_with_what_was_meant():
    with pytest.raises(DataSourceError) as caught:
        dialect_of("postgress://u:s3cret@h/d")

    assert "unknown scheme 'postgress'" in str(caught.value)
    assert str(caught.value).endswith("did you mean 'postgres'?")
    assert "s3cret" not in str(caught.value)
