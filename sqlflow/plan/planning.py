"""Turns the text of a program into its planned form, or says all that is wrong with it.

Each statement is looked at once, in order: cut out, parsed, checked. What was found is its *draft*.
When there is a draft of each, the conflicts between them decide what waits for what.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlflow import attributes
from sqlflow.errors import LimitError, Problem, ProgramError
from sqlflow.plan import extended, inputs, names, sessions, settings, standard
from sqlflow.plan.conflicts import Conflicts
from sqlflow.plan.inputs import Limits
from sqlflow.plan.lineage import Lineage
from sqlflow.plan.program import Edge, Execution, Kind, Program, Statement, Warn
from sqlflow.sql import clauses, parsing, scanning, splitting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.sql.clauses import Clause
    from sqlflow.sql.parsing import Parsed
    from sqlflow.sql.sources import Source
    from sqlflow.sql.splitting import Piece

_LIMITS = Limits()

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
    limits: Limits = _LIMITS,
) -> Program:
    """Plan a program.

    Args:
        text: of the program; bytes are UTF-8.
        dialect: of the data source: duckdb, hive, mysql, postgres or sqlite.
        execution: whether independent statements may run at the same time.
        shared_files: whether all steps see the same folder, so that relative file names work.
        limits: how large it may be.

    Raises:
        LimitError: it is larger than that.
        ProgramError: anything else is wrong with it; all problems that were found.
    """
    if dialect not in scanning.DIALECTS:
        known = ", ".join(scanning.DIALECTS)
        raise ProgramError(Problem(message=f"unknown dialect {dialect!r}; known are {known}"))
    source = inputs.read(text, limits)
    drafts = _drafts(source, dialect, limits, shared_files=shared_files)
    program = Program(
        dialect=dialect,
        statements=tuple(_statements(source, drafts, execution)),
        warnings=tuple(_warnings(source, drafts)),
        execution=execution,
    )
    size = len(program.to_json().encode())
    if size > limits.ir_bytes:
        message = f"the planned program has {size:,} bytes; the limit is {limits.ir_bytes:,}"
        raise LimitError(Problem(message=message, hint="split the program"))
    return program


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A statement, looked at by itself."""

    piece: Piece
    clause: Clause | None = None
    lineage: Lineage = field(default_factory=Lineage)
    session: bool = False
    attached: str = ""
    settings: dict[str, str] = field(default_factory=dict)


def _drafts(source: Source, dialect: str, limits: Limits, *, shared_files: bool) -> list[_Draft]:
    pieces = splitting.split(source, dialect)
    count = sum(1 for piece in pieces.found if piece.number)
    if count > limits.statements:
        message = f"the program has {count:,} statements; the limit is {limits.statements:,}"
        raise LimitError(Problem(message=message, hint="split the program"))
    problems = list(pieces.problems)
    drafts: list[_Draft] = []
    current: dict[str, str] = {}
    for piece in pieces.found:
        try:
            if not piece.number:
                current = settings.apply(source, piece, current)
                continue
            draft = replace(_draft(source, piece, dialect), settings=current)
            if not shared_files:
                _check_files(source, draft)
            drafts.append(draft)
        except ProgramError as error:
            problems += error.problems
    if problems:
        problems.sort(key=lambda problem: (problem.line, problem.column))
        raise ProgramError(*problems)
    if not drafts:
        raise ProgramError(_empty(source))
    return drafts


def _empty(source: Source) -> Problem:
    what = "holds no statement, only comments" if source.text.strip() else "is empty"
    return Problem(message=f"the program {what}")


def _draft(source: Source, piece: Piece, dialect: str) -> _Draft:
    if piece.tokens:
        parsed = parsing.parse(source, piece)
        clause = _checked(source, piece, parsed)
        select = source.text[piece.start : piece.query_end]
        return _Draft(piece=piece, clause=clause, lineage=extended.analyse(select, clause, dialect))
    text = source.text[piece.start : piece.end]
    refusal = sessions.refusal(text, piece, dialect)
    if refusal is not None:
        raise ProgramError(
            source.problem(refusal.message, piece.start, statement=piece.number, hint=refusal.hint)
        )
    if sessions.is_session(text, piece, dialect):
        attached = sessions.attached_file(text, piece, dialect)
        return _Draft(piece=piece, session=True, attached=attached)
    return _Draft(piece=piece, lineage=standard.analyse(text, dialect))


def _checked(source: Source, piece: Piece, parsed: Parsed) -> Clause:
    """Return the clause with its attributes in their types."""
    checked = attributes.check(parsed.clause)
    if checked.faults:
        raise ProgramError(
            *(
                source.problem(
                    fault.message,
                    parsed.places.get(fault.attribute, piece.start),
                    statement=piece.number,
                    hint=fault.hint,
                )
                for fault in checked.faults
            )
        )
    if isinstance(
        parsed.clause, clauses.ShowTrain | clauses.ShowModels | clauses.DropModel | clauses.Run
    ):
        return parsed.clause
    return replace(parsed.clause, attributes=checked.attributes)


def _check_files(source: Source, draft: _Draft) -> None:
    attached = (names.file(draft.attached),) if draft.attached else ()
    for name in (*draft.lineage.files, *attached):
        if names.is_relative(name):
            path = "/".join(name.parts)
            start = source.text.find(path, draft.piece.start, draft.piece.end)
            raise ProgramError(
                source.problem(
                    f"steps of this job share no folder, so '{path}' means nothing to them",
                    max(start, draft.piece.start),
                    statement=draft.piece.number,
                    hint="name a file that every step can read, such as s3://… or https://…",
                )
            )


def _statements(source: Source, drafts: list[_Draft], execution: Execution) -> Iterator[Statement]:
    patterns = any(names.is_pattern(name) for draft in drafts for name in draft.lineage.files)
    conflicts = Conflicts(any_files=patterns)
    ids: dict[int, str] = {}
    session: tuple[str, ...] = ()
    for draft in drafts:
        piece, index = draft.piece, draft.piece.number
        text = source.text[piece.start : piece.end]
        waits, barrier = _waits(conflicts, draft, text)
        if execution is Execution.SEQUENTIAL:
            waits = {index - 1: "runs one after the other"} if index > 1 else {}
        line, column = source.position(piece.start)
        kind = _KINDS[type(draft.clause)] if draft.clause is not None else Kind.STANDARD
        ids[index] = f"s{index:02d}-{kind if draft.clause is not None else _verb(piece)}"
        yield Statement(
            id=ids[index],
            index=index,
            kind=kind,
            text=text,
            line=line,
            column=column,
            select=source.text[piece.start : piece.query_end],
            clause=draft.clause,
            session=session,
            reads=tuple(map(str, draft.lineage.reads)),
            writes=tuple(dict.fromkeys(str(name) for name, _ in draft.lineage.writes)),
            barrier=bool(barrier),
            after=tuple(Edge(ids[earlier], reason) for earlier, reason in waits.items()),
            settings=draft.settings,
        )
        if draft.session:
            session = (*session, text)


def _verb(piece: Piece) -> str:
    """Return the first keyword of a standard statement, fit to stand in a DNS label."""
    keywords = (word for word in piece.head if word.isascii() and word.isalpha())
    return next(keywords, "statement")[:12].lower()


def _waits(conflicts: Conflicts, draft: _Draft, text: str) -> tuple[dict[int, str], str]:
    if draft.session:
        renames = sessions.changes_names(text, draft.piece)
        return conflicts.session(draft.piece.number, changes_names=renames), ""
    return conflicts.statement(draft.piece.number, draft.lineage)


def _warnings(source: Source, drafts: list[_Draft]) -> Iterator[Warn]:
    for draft in drafts:
        if draft.lineage.warning:
            line, _ = source.position(draft.piece.start)
            yield Warn(statement=draft.piece.number, line=line, message=draft.lineage.warning)
