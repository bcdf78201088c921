"""The extended clauses, parsed.

A clause is a verb, its subject, and parts in any order, each at most once. :data:`_VERBS` says for
each verb what its subject is, which parts it may and must have, and what is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlflow.sql import clauses, parts
from sqlflow.sql.cursors import Cursor
from sqlflow.sql.splitting import VERBS
from sqlflow.sql.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlflow.sql.clauses import Clause
    from sqlflow.sql.lexing import Token
    from sqlflow.sql.sources import Source
    from sqlflow.sql.splitting import Piece


@dataclass(frozen=True, slots=True)
class Parsed:
    """A clause, and where in the source its attributes stand.

    Attributes:
        clause: what was read.
        places: offset of each attribute's name, and of the subject under the empty name.
    """

    clause: Clause
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """How the clauses of a verb look.

    Attributes:
        subject: what stands behind the verb, for messages.
        parts: keyword → the field that it fills; in the order that messages name them.
        required: keyword → what it is good for, for the hint when it is missing.
        build: makes the clause of the subject's text and the fields.
        using: what USING names, for messages.
        into: what INTO names, for messages; empty if it takes a list of tables.
        read: reads the subject.
    """

    subject: str
    parts: Mapping[str, str]
    required: Mapping[str, str] = field(default_factory=dict)
    using: str = "a model"
    into: str = "a table"
    build: Callable[[str, dict[str, Any]], Clause]
    read: Callable[[Cursor, _Verb], str] = lambda cursor, verb: cursor.name(verb.subject)


def _predict(subject: str, fields: dict[str, Any]) -> Clause:
    table, _, column = subject.rpartition(".")
    return clauses.Predict(table=table, column=column, **fields)


def _result_column(cursor: Cursor, verb: _Verb) -> str:
    """Read ``table.column``."""
    token = cursor.token
    name = cursor.name(verb.subject)
    if not all(name.rpartition(".")):
        raise cursor.error(f"expected {verb.subject}, found {name}", token)
    return name


def _optimize(direction: str) -> Callable[[str, dict[str, Any]], Clause]:
    return lambda subject, fields: clauses.Optimize(
        direction=direction, objective=subject, **fields
    )


def _optimize_verb(direction: str) -> _Verb:
    return _Verb(
        subject="an expression to optimise",
        parts={
            "CONSTRAINT": "constraints",
            "WITH": "attributes",
            "USING": "solver",
            "INTO": "into",
        },
        required={
            "WITH": "say what is to be found: WITH variables = 'amount(product)', var_type = …",
            "INTO": "name the table for the solution: INTO my_table",
        },
        using="a solver",
        build=_optimize(direction),
        read=lambda cursor, _: parts.expression(cursor),
    )


_TABLE = "name the table for the result: INTO my_table"

_VERBS = {
    "TRAIN": _Verb(
        subject="a model class, such as DNNClassifier or xgboost.gbtree",
        parts={
            "WITH": "attributes",
            "COLUMN": "columns",
            "LABEL": "label",
            "USING": "warm_start",
            "INTO": "into",
        },
        into="a model",
        required={"INTO": "say under which name to save the model: INTO my_model"},
        build=lambda subject, fields: clauses.Train(model_class=subject, **fields),
    ),
    "PREDICT": _Verb(
        subject="the table and column of the result, table.column",
        parts={"WITH": "attributes", "USING": "model"},
        required={"USING": "say which model predicts: USING my_model"},
        build=_predict,
        read=_result_column,
    ),
    "EVALUATE": _Verb(
        subject="the name of a model",
        parts={"WITH": "attributes", "LABEL": "label", "INTO": "into"},
        required={
            "LABEL": "name the column that holds the truth: LABEL my_column",
            "INTO": _TABLE,
        },
        build=lambda subject, fields: clauses.Evaluate(model=subject, **fields),
    ),
    "EXPLAIN": _Verb(
        subject="the name of a model",
        parts={"WITH": "attributes", "USING": "explainer", "INTO": "into"},
        using="an explainer",
        build=lambda subject, fields: clauses.Explain(model=subject, **fields),
    ),
    "RUN": _Verb(
        subject="the name of an image",
        parts={"CMD": "command", "INTO": "into"},
        into="",
        build=lambda subject, fields: clauses.Run(image=subject, **fields),
    ),
    "MAXIMIZE": _optimize_verb("maximize"),
    "MINIMIZE": _optimize_verb("minimize"),
}


def parse(source: Source, piece: Piece) -> Parsed:
    """Return the extended part of a statement.

    Raises:
        ProgramError: it does not follow the grammar; one problem, the first.
    """
    cursor = Cursor(source, piece.tokens, piece.number)
    if piece.query_end:
        return _extended(cursor)
    parsed = Parsed(_OWN[piece.head[0], piece.head[1]](cursor), {})
    if not cursor.at_end:
        raise cursor.unexpected("the end of the statement")
    return parsed


def _extended(cursor: Cursor) -> Parsed:
    token = cursor.token
    verb = _VERBS.get(token.word)
    if verb is None:
        raise cursor.unexpected(f"one of {', '.join(VERBS)} after TO", among=VERBS)
    cursor.next()
    places = {"": cursor.token.start}
    subject = verb.read(cursor, verb)
    fields = _parts(cursor, token.word, verb, places)
    return Parsed(verb.build(subject, fields), places)


def _parts(cursor: Cursor, name: str, verb: _Verb, places: dict[str, int]) -> dict[str, Any]:
    """Read the parts into the fields of the clause."""
    fields: dict[str, Any] = {}
    first: dict[str, Token] = {}
    while not cursor.at_end:
        token = cursor.token
        if token.word not in verb.parts:
            expected = f"{', '.join(verb.parts)} or the end of TO {name}"
            raise cursor.unexpected(expected, among=[*verb.parts])
        if token.word in first:
            line, _ = cursor.source.position(first[token.word].start)
            raise cursor.error(f"{token.word} is given twice, first in line {line}", token)
        first[cursor.next().word] = token
        fields[verb.parts[token.word]] = _READERS[token.word](cursor, verb, places)
    for keyword, hint in verb.required.items():
        if keyword not in first:
            raise cursor.unexpected(keyword, hint=hint)
    return fields


def _attributes(cursor: Cursor, _: _Verb, places: dict[str, int]) -> dict[str, clauses.Value]:
    values, tokens = parts.attributes(cursor)
    places.update((name, token.start) for name, token in tokens.items())
    return values


def _into(cursor: Cursor, verb: _Verb, _: dict[str, int]) -> str | tuple[str, ...]:
    return cursor.name(f"the name of {verb.into}") if verb.into else parts.names(cursor)


_READERS: dict[str, Callable[[Cursor, _Verb, dict[str, int]], Any]] = {
    "WITH": _attributes,
    "COLUMN": lambda cursor, *_: parts.columns(cursor),
    "LABEL": lambda cursor, *_: cursor.name("the name of the label's column"),
    "USING": lambda cursor, verb, _: cursor.name(f"the name of {verb.using}"),
    "INTO": _into,
    "CMD": lambda cursor, *_: parts.strings(cursor),
    "CONSTRAINT": lambda cursor, *_: parts.constraints(cursor),
}


def _show_train(cursor: Cursor) -> Clause:
    cursor.expect("SHOW")
    cursor.expect("TRAIN")
    return clauses.ShowTrain(cursor.name("the name of a model"))


def _show_models(cursor: Cursor) -> Clause:
    cursor.expect("SHOW")
    cursor.expect("MODELS")
    return clauses.ShowModels()


def _drop_model(cursor: Cursor) -> Clause:
    cursor.expect("DROP")
    cursor.expect("MODEL")
    if_exists = cursor.at("IF") and cursor.following.word == "EXISTS"
    if if_exists:
        cursor.next()
        cursor.next()
    return clauses.DropModel(cursor.name("the name of a model"), if_exists)


_OWN = {
    ("SHOW", "TRAIN"): _show_train,
    ("SHOW", "MODELS"): _show_models,
    ("DROP", "MODEL"): _drop_model,
}


def setting(source: Source, piece: Piece) -> tuple[str, clauses.Value]:
    """Return name and value of a ``SET step.name = value``; None stands for DEFAULT.

    Raises:
        ProgramError: it does not follow the grammar.
    """
    cursor = Cursor(source, piece.tokens, piece.number)
    cursor.expect("SET")
    name = cursor.name("a setting").lower().removeprefix("step.")
    cursor.expect("=", "TO")
    if cursor.take("DEFAULT"):
        found: clauses.Value = None
    else:
        found = value(cursor)
    if not cursor.at_end:
        raise cursor.unexpected("the end of the statement")
    return name, found
