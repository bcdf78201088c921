"""The lineage of standard SQL, read from sqlglot's tree.

One walk over the tree collects tables, files and functions; what stands where a statement writes
is told apart from the rest, which is read. Anything that is not understood makes the statement a
barrier: wrong is only what is missed.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlflow.plan import names, parsers
from sqlflow.plan.lineage import Effect, Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlflow.plan.names import Name

_CATALOGS = frozenset({"information_schema", "pg_catalog", "performance_schema", "mysql", "sys"})
_CATALOG_NAME = re.compile(r"(sqlite|pg|duckdb|pragma)_")
_DYNAMIC = re.compile(r"(pg|duckdb|pragma|has|dblink|lo)_|query(_table)?$|.*_to_xml|.*_scan$|glob$")
"""Functions that look into the catalogue, or run what a string says."""

_FILE_FUNCTIONS = re.compile(r"read_\w+|parquet_scan|sniff_csv|parquet_\w*(metadata|schema)")
_FILE = re.compile(r".*[./*?\[]")

_MANY_FILES = frozenset({"PARTITION_BY", "PER_THREAD_OUTPUT", "FILE_SIZE_BYTES"})

_ALONE = frozenset(
    {"ANALYZE", "CALL", "CHECKPOINT", "COMMENT", "DESC", "DESCRIBE", "DO", "EXECUTE", "EXPLAIN"}
    | {"EXPORT", "FLUSH", "GRANT", "IMPORT", "KILL", "OPTIMIZE", "PRAGMA", "REFRESH", "REINDEX"}
    | {"RENAME", "REPAIR", "REVOKE", "SET", "SHOW", "VACUUM"}
)
"""What is known to touch more than its text says, or to look at the whole database."""


def analyse(text: str, dialect: str) -> Lineage:
    """Return what a standard statement reads and writes."""
    first = text[: _HEAD.match(text).end()].upper()  # type: ignore[union-attr] # matches anything
    if first in _ALONE:
        return Lineage(barrier=f"{first} may touch anything")
    if first == "REPLACE":
        text = f"INSERT {text[len(first) :]}"  # sqlglot keeps REPLACE as text
    try:
        tree = parsers.tree(text, dialect)
    except parsers.NotParsedError as error:
        return _not_parsed(text, str(error))
    walk = _Walk(dialect)
    walk.over(tree)
    return walk.lineage()


_HEAD = re.compile(r"\w*")
_DEFINITION = re.compile(
    r"(?i)(CREATE|ALTER)\b(\W*\w+){0,9}?\W(TRIGGER|PROCEDURE|FUNCTION|EVENT|RULE)\b"
)


def _not_parsed(text: str, why: str) -> Lineage:
    definition = _DEFINITION.match(text)
    if definition is not None:
        return Lineage(barrier=f"a {definition[3].lower()} may touch anything", defines=True)
    return Lineage(
        barrier="it can't be analysed",
        defines=text[:6].upper() in ("CREATE", "ALTER "),
        warning=f"can't be analysed ({why}), so it runs as it stands, with no other at its side",
    )


@functools.cache
def builtins(dialect: str) -> frozenset[str]:
    """Return the functions of a dialect that are known to touch no table."""
    if dialect not in ("duckdb", "mysql", "postgres", "sqlite"):
        return frozenset()
    file = importlib.resources.files("sqlflow.plan") / "functions" / f"{dialect}.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(" ".join(line for line in lines if not line.startswith("#")).split())


class _Walk:
    """Collects what a tree touches."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.reads: dict[Name, None] = {}
        self.writes: dict[Name, Effect] = {}
        self.related: dict[Name, None] = {}
        self.calls: dict[str, None] = {}
        self.barrier = ""
        self.defines = False
        self.is_view = False
        self._targets: set[int] = set()

    def over(self, tree: exp.Expr) -> None:
        """Visit every node, a parent before its children."""
        stack: list[exp.Expr] = [tree]
        while stack:
            node = stack.pop()
            visit = _VISITORS.get(type(node))
            if visit is not None:
                visit(self, node)
            for value in node.args.values():
                if type(value) is list:
                    stack += [item for item in value if _is_worth_a_visit(item)]
                elif type(value) not in _PLAIN and _is_worth_a_visit(value):
                    stack.append(value)

    def lineage(self) -> Lineage:
        """Return what was collected."""
        return Lineage(
            reads=tuple(self.reads),
            writes=tuple(self.writes.items()),
            calls=tuple(self.calls),
            related=tuple(self.related),
            barrier=self.barrier,
            defines=self.defines,
            is_view=self.is_view,
        )

    def write(self, target: object, effect: Effect) -> None:
        """Note that the table named by a node is written."""
        if isinstance(target, exp.Schema):
            target = target.this
        if isinstance(target, exp.Table) and isinstance(target.this, exp.Identifier):
            self._targets.add(id(target))
            self.writes[names.table(*(part.name for part in target.parts))] = effect
        else:
            self.barrier = "it writes to something that is not named"

    def write_all(self, root: exp.Expr) -> None:
        """Note that every table below a node is written."""
        for table in root.find_all(exp.Table):
            self.write(table, Effect.MODIFY)

    def is_target(self, node: exp.Expr) -> bool:
        """Whether a table is written here, and so not read."""
        return id(node) in self._targets

    def relate(self, node: exp.Expr) -> None:
        """Note that the tables below a node are tied to what the statement writes."""
        for table in node.find_all(exp.Table):
            if id(table) not in self._targets:
                self.related[names.table(*(part.name for part in table.parts))] = None


_PLAIN = frozenset({type(None), bool, str, int})
_LEAVES = _PLAIN | {exp.Boolean, exp.Identifier, exp.Literal, exp.Null, exp.Star, exp.Var}


def _is_worth_a_visit(value: object) -> bool:
    """Leave out most nodes, which hold nothing: names, literals, columns."""
    if type(value) is exp.Column:
        return type(value.args.get("this")) is not exp.Identifier
    return type(value) not in _LEAVES and isinstance(value, exp.Expr)


def _table(walk: _Walk, node: exp.Expr) -> None:
    if walk.is_target(node) or isinstance(node.this, exp.Func):
        return
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        walk.barrier = "it reads something that is not named"
        return
    parts = [part.name for part in node.parts]
    if parts[0].lower() in _CATALOGS or _CATALOG_NAME.match(parts[-1].lower()):
        walk.barrier = "it reads the catalogue"
    elif (
        len(parts) == 1 and node.this.quoted and walk.dialect == "duckdb" and _FILE.match(parts[0])
    ):
        walk.reads[names.file(parts[0])] = None
    elif len(parts) > 1 or not (_is_cte(node) or _is_dual(walk, parts[0])):
        walk.reads[names.table(*parts)] = None


def _is_dual(walk: _Walk, name: str) -> bool:
    return walk.dialect == "mysql" and name.lower() == "dual"


def _is_cte(table: exp.Table) -> bool:
    """Whether a name means a WITH query that is in scope where it stands."""
    child: exp.Expr = table
    while (node := child.parent) is not None:
        queries: Iterable[exp.Expr] = ()
        if isinstance(node, exp.With):
            own = node.expressions
            queries = own if node.args.get("recursive") else own[: own.index(child)]
        elif (clause := node.args.get("with_")) is not None and clause is not child:
            queries = clause.expressions
        if any(_names(query, table.this) for query in queries):
            return True
        child = node
    return False


def _names(query: exp.Expr, used: exp.Identifier) -> bool:
    alias = query.args["alias"].this
    if alias.name == used.name:
        return True
    quoted = alias.args.get("quoted") or used.args.get("quoted")
    return not quoted and bool(alias.name.casefold() == used.name.casefold())


def _call(walk: _Walk, node: exp.Expr) -> None:
    name = node.name.lower()
    if name in builtins(walk.dialect):
        return
    if walk.dialect == "duckdb" and _FILE_FUNCTIONS.fullmatch(name):
        _read_files(walk, node)
    elif _DYNAMIC.match(name):
        walk.barrier = f"{name} may touch anything"
    else:
        walk.calls[name] = None


def _read_files(walk: _Walk, node: exp.Expr) -> None:
    argument = node.this if isinstance(node.this, exp.Expr) else next(iter(node.expressions), None)
    items = argument.expressions if isinstance(argument, exp.Array) else [argument]
    for item in items:
        walk.reads[_file(item)] = None


def _file(node: object) -> Name:
    if isinstance(node, exp.Literal) and node.is_string:
        return names.file(node.name)
    return names.ANY_FILE


def _create(walk: _Walk, node: exp.Expr) -> None:
    kind = str(node.args.get("kind") or "").upper()
    if kind in ("TABLE", "VIEW"):
        replace, exists = node.args.get("replace"), node.args.get("exists")
        effect = Effect.REPLACE if replace else Effect.MODIFY if exists else Effect.CREATE
        walk.write(node.this, effect)
        walk.is_view = kind == "VIEW"
    elif kind == "INDEX" and isinstance(node.this, exp.Index):
        walk.write(node.this.args.get("table"), Effect.MODIFY)
    else:
        walk.barrier = f"CREATE {kind} may touch anything"
        walk.defines = kind not in ("SCHEMA", "DATABASE", "SEQUENCE")


def _drop(walk: _Walk, node: exp.Expr) -> None:
    if node.args.get("kind") not in ("TABLE", "VIEW") or node.args.get("cascade"):
        walk.barrier = "this DROP may touch anything"
    for table in node.args.get("tables") or [node.this]:
        walk.write(table, Effect.DROP)


def _alter(walk: _Walk, node: exp.Expr) -> None:
    if node.args.get("kind") != "TABLE":
        walk.barrier = "this ALTER may touch anything"
    effect = Effect.MODIFY
    for action in node.args.get("actions") or ():
        if isinstance(action, exp.AlterRename):
            effect = Effect.DROP
            walk.write(action.this, Effect.MODIFY)
        elif isinstance(action, exp.Expr):
            walk.relate(action)
    walk.write(node.this, effect)


def _insert(walk: _Walk, node: exp.Expr) -> None:
    walk.write(node.this, Effect.MODIFY)


def _change(walk: _Walk, node: exp.Expr) -> None:
    """UPDATE and DELETE; MySQL's may name several tables, and any of them may be meant."""
    walk.write(node.this, Effect.MODIFY)
    if walk.dialect == "mysql":
        for part in (node.this, *(node.args.get("using") or ()), *(node.args.get("tables") or ())):
            walk.write_all(part)


def _truncate(walk: _Walk, node: exp.Expr) -> None:
    for table in node.expressions:
        walk.write(table, Effect.MODIFY)


def _into(walk: _Walk, node: exp.Expr) -> None:
    walk.write(node.this, Effect.CREATE)


def _copy(walk: _Walk, node: exp.Expr) -> None:
    reading = bool(node.args.get("kind"))
    if reading:
        walk.write(node.this, Effect.MODIFY)
    parameters = {parameter.name.upper() for parameter in node.args.get("params") or ()}
    for item in node.args.get("files") or ():
        if reading:
            walk.reads[_file(item)] = None
        else:
            many = not parameters.isdisjoint(_MANY_FILES)
            walk.writes[names.ANY_FILE if many else _file(item)] = Effect.REPLACE


def _relate(walk: _Walk, node: exp.Expr) -> None:
    walk.relate(node)


def _unknown(walk: _Walk, _: exp.Expr) -> None:
    walk.barrier = "it can't be analysed"


_VISITORS: dict[type[exp.Expr], Callable[[_Walk, exp.Expr], None]] = {
    exp.Table: _table,
    exp.Anonymous: _call,
    exp.ReadCSV: _read_files,
    exp.ReadParquet: _read_files,
    exp.Create: _create,
    exp.Drop: _drop,
    exp.Alter: _alter,
    exp.Insert: _insert,
    exp.Update: _change,
    exp.Delete: _change,
    exp.Merge: _insert,
    exp.TruncateTable: _truncate,
    exp.Into: _into,
    exp.Copy: _copy,
    exp.Reference: _relate,
    exp.InheritsProperty: _relate,
    exp.PartitionedOfProperty: _relate,
    exp.Command: _unknown,
    exp.LoadData: _unknown,
    exp.Directory: _unknown,
    exp.NextValueFor: _unknown,
}
