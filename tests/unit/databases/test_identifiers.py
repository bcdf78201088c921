import pytest

from sqlflow.databases import identifiers
from sqlflow.errors import StatementError


def test_a_quote_in_a_name_is_doubled():
    assert identifiers.quote('a"b') == '"a""b"'


def test_a_dialect_has_its_own_mark():
    assert identifiers.quote("a`b", "`") == "`a``b`"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("iris", ("iris",)),
        ("iris.train", ("iris", "train")),
        ('"my db".`a.b`', ("my db", "a.b")),
        ('"a""b"', ('a"b',)),
        ("`a``b`", ("a`b",)),
        ("Größe", ("Größe",)),
    ],
)
def test_a_name_is_taken_apart(name, parts):
    assert identifiers.split(name) == parts


@pytest.mark.parametrize("name", ["", ".", "a.", ".b", "a..b", 'a"b', '"a"b', '"'])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(StatementError) as caught:
        identifiers.split(name)

    assert str(caught.value) == f"not a table's name: {name!r}; expected TABLE or DATABASE.TABLE"


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_no_engine_takes_as_a_name_is_not_quoted(name):
    with pytest.raises(StatementError, match="not a name: "):
        identifiers.quote(name)


def test_a_sibling_is_in_the_same_database():
    assert identifiers.beside("`my db`.t", "new").startswith('"my db"."new_')


def test_a_sibling_is_new_each_time():
    assert identifiers.beside("t", "new") != identifiers.beside("t", "new")
