"""What holds for every text."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from sqlflow.sql import clauses, lexing, parsing, splitting
from sqlflow.sql.sources import Source

DIALECTS = st.sampled_from(["duckdb", "hive", "mysql", "postgres", "sqlite"])
TEXTS = st.text(max_size=40)
CODE = st.lists(
    st.sampled_from(
        ["SELECT", "TO", "TRAIN", "m", "(", ")", ";", "'a;b'", "/* ; */", "-- ;\n", " ", "1"]
    ),
    max_size=25,
).map(" ".join)


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, quote * 2) + quote


def _parsed(program: str, dialect: str) -> clauses.Clause:
    source = Source(program)
    (piece,) = splitting.split(source, dialect).found
    return parsing.parse(source, piece).clause


@given(TEXTS, st.sampled_from("'\""), DIALECTS)
def test_any_text_survives_in_a_literal_of_a_clause(text: str, quote: str, dialect: str) -> None:
    clause = _parsed(f"SELECT 1 TO TRAIN M WITH a = {_quoted(text, quote)} INTO m", dialect)
    assert isinstance(clause, clauses.Train)
    assert clause.attributes == {"a": text}
    assert clause.into == "m"


@given(TEXTS, DIALECTS)
def test_any_text_survives_in_a_literal_of_a_query(text: str, dialect: str) -> None:
    literal = "'" + text.replace("\\", "").replace("'", "''") + "'"
    program = f"SELECT {literal} AS a TO EXPLAIN m"
    (piece,) = splitting.split(Source(program), dialect).found
    assert program[piece.start : piece.query_end] == f"SELECT {literal} AS a"


@given(TEXTS, DIALECTS)
def test_any_text_in_a_comment_changes_nothing(text: str, dialect: str) -> None:
    line = re.sub(r"\n", " ", text)
    block = text.replace("*", "").replace("/", "").lstrip("!M")
    program = f"SELECT 1 -- {line}\n/* {block} */ TO EXPLAIN /* {block} */ m -- {line}\n; SELECT 2"
    first, second = splitting.split(Source(program), dialect).found
    assert [token.value for token in first.tokens] == ["EXPLAIN", "m", ""]
    assert program[second.start : second.end] == "SELECT 2"


@given(CODE, DIALECTS)
def test_splitting_then_joining_is_the_identity(program: str, dialect: str) -> None:
    pieces = splitting.split(Source(program), dialect)
    assume(not pieces.problems)
    parts, end = [], 0
    for piece in pieces.found:
        parts += [program[end : piece.start], program[piece.start : piece.end]]
        end = piece.end
    parts.append(program[end:])
    assert "".join(parts) == program
    assert not re.sub(r"/\* ; \*/|-- ;\n|[\s;]", "", "".join(parts[::2]))
    assert all(parts[1::2])


@given(st.text(max_size=60), st.integers(0, 60))
def test_the_place_of_an_offset_is_found_again(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    line, column = Source(text).position(offset)
    lines = text.split("\n")
    assert sum(len(before) + 1 for before in lines[: line - 1]) + column - 1 == offset


@given(st.text(max_size=60))
def test_lexing_ends_at_the_end(text: str) -> None:
    tokens = lexing.lex(text, 0)
    assert tokens[-1].kind in ("end", "open")
    assert all(token.kind not in ("end", "open") for token in tokens[:-1])
