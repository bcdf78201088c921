"""Turns the text of a program into its planned form, or says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlflow.errors import Problem, ProgramError
from sqlflow.plan.program import Edge, Execution, Kind, Program, Statement
from sqlflow.sql import clauses, parsing, splitting
from sqlflow.sql.sources import Source

if TYPE_CHECKING:
    from sqlflow.sql.splitting import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a program may be; the same for every runner."""

    program_bytes: int = 256 * 1024
    statements: int = 200
    ir_bytes: int = 900 * 1024


_KINDS = {
    clauses.Train: Kind.TRAIN,
    clauses.Predict: Kind.PREDICT,
    clauses.Evaluate: Kind.EVALUATE,
    clauses.Explain: Kind.EXPLAIN,
    clauses.Run: Kind.RUN,
    clauses.Optimize: Kind.OPTIMIZE,
    clauses.ShowTrain: Kind.SHOW_TRAIN,
    clauses.ShowModels: Kind.SHOW_MODELS,
    clauses.DropModel: Kind.DROP_MODEL,
}


def plan_program(
    text: str | bytes,
    *,
    dialect: str,
    execution: Execution = Execution.PARALLEL,
    shared_files: bool = True,
    limits: Limits = Limits(),
) -> Program:
    """Plan a program."""
    if isinstance(text, bytes):
        text = text.decode()
    source = Source(text)
    pieces = splitting.split(source, dialect)
    problems = list(pieces.problems)
    statements: list[Statement] = []
    for piece in pieces.found:
        try:
            statements.append(_statement(source, piece, statements))
        except ProgramError as error:
            problems += error.problems
    if problems:
        raise ProgramError(*problems)
    if not statements:
        raise ProgramError(Problem(message="the program holds no statement"))
    return Program(dialect=dialect, statements=tuple(statements), execution=execution)


def _statement(source: Source, piece: Piece, earlier: list[Statement]) -> Statement:
    line, column = source.position(piece.start)
    clause = parsing.parse(source, piece).clause if piece.tokens else None
    kind = _KINDS[type(clause)] if clause else Kind.STANDARD
    return Statement(
        id=f"s{piece.number:02d}-{kind}",
        index=piece.number,
        kind=kind,
        text=source.text[piece.start : piece.end],
        line=line,
        column=column,
        select=source.text[piece.start : piece.query_end],
        clause=clause,
        after=tuple(Edge(s.id, "runs in order") for s in earlier[-1:]),
    )
