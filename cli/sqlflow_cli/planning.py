"""Shows a plan: what would run, in which order and why, what it reads and writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from sqlflow_cli.options import Listing
from sqlflow_cli.views import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.plan.program import Program, Statement


DEFAULT_DIALECT = "duckdb"
"""Of the data source that a server without settings has."""


def dialect_of(data_source: str) -> str:
    """Return the dialect that a data source speaks; nothing is connected to.

    Raises:
        DataSourceError: its scheme is unknown.
    """
    from sqlflow.plan import dialects

    return dialects.dialect_of(data_source) if data_source else DEFAULT_DIALECT


def plan_here(text: bytes, *, dialect: str, sequential: bool) -> Program:
    """Plan a program in this process; no server is needed.

    Raises:
        ProgramError: it can't be planned.
    """
    from sqlflow import plan

    execution = plan.Execution.SEQUENTIAL if sequential else plan.Execution.PARALLEL
    return plan.plan_program(text, dialect=dialect, execution=execution)


def show(program: Program, output: Listing) -> None:
    """Write a plan to standard output."""
    if output is Listing.JSON:
        print(json.dumps(_value(program), ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    for statement in program.statements:
        _show_statement(console, statement)
    for warning in program.warnings:
        place = f"statement {warning.statement}, line {warning.line}: " if warning.line else ""
        console.print(Text(f"warning: {place}{warning.message}", style="yellow"), soft_wrap=True)


def _show_statement(console: Console, statement: Statement) -> None:
    head = Text.assemble(
        (statement.id, "bold cyan"),
        (f"  line {statement.line}  ", "dim"),
        wording.cell(" ".join(statement.text.split())),
    )
    # A pipe has no edge that a line would have to keep within.
    cut = console.is_terminal
    console.print(head, no_wrap=True, overflow="ellipsis" if cut else "ignore", crop=cut)
    for name, value in _facts(statement):
        line = Text.assemble((f"    {name:<7}", "dim"), wording.cell(value))
        console.print(line, soft_wrap=True)


def _facts(statement: Statement) -> Iterator[tuple[str, str]]:
    if statement.reads:
        yield "reads", ", ".join(statement.reads)
    if statement.writes:
        yield "writes", ", ".join(statement.writes)
    for number, edge in enumerate(statement.after):
        yield "" if number else "after", f"{edge.id} ({edge.reason})"
    if statement.barrier:
        yield "note", "not understood: runs alone"


def _value(program: Program) -> dict[str, Any]:
    return {
        "dialect": program.dialect,
        "execution": program.execution,
        "statements": [
            {
                "id": s.id,
                "index": s.index,
                "kind": s.kind,
                "line": s.line,
                "column": s.column,
                "text": s.text,
                "reads": s.reads,
                "writes": s.writes,
                "barrier": s.barrier,
                "after": [{"id": edge.id, "reason": edge.reason} for edge in s.after],
            }
            for s in program.statements
        ],
        "warnings": [
            {"statement": w.statement, "line": w.line, "message": w.message}
            for w in program.warnings
        ],
    }
