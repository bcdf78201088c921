"""Which statements have to wait for which earlier ones, and why.

Two statements conflict if one writes what the other reads or writes; names that may be the same
are taken for the same. What the text does not tell, since views and triggers that are older than
the program hide it, is left to :mod:`sqlflow.plan.older`. A statement that is not understood is a
barrier: it waits for all before it, and all after it wait for it.

Every access is looked up by its key and forgets what it replaces, so the work is linear.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlflow.plan.lineage import Effect
from sqlflow.plan.names import Name, Space, same
from sqlflow.plan.older import OlderThings, Touch, Way

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlflow.plan.lineage import Lineage


@dataclass(slots=True)
class _Resource:
    """The last write of something and the reads since, each with what was touched."""

    writer: tuple[int, str] | None = None
    readers: list[tuple[int, str]] = field(default_factory=list)


class _Names:
    """A set of names that is asked for names that may be the same."""

    def __init__(self) -> None:
        self._names: dict[str, set[Name]] = defaultdict(set)

    def __contains__(self, name: Name) -> bool:
        return name in self._names.get(name.key, ())

    def add(self, name: Name) -> None:
        self._names[name.key].add(name)

    def alike(self, name: Name) -> list[Name]:
        return [other for other in self._names.get(name.key, ()) if same(name, other)]

    def discard_alike(self, name: Name) -> None:
        self._names[name.key].difference_update(self.alike(name))

    def clear(self) -> None:
        self._names.clear()


_STORE = frozenset({"table sqlflow_models", "table sqlflow_model_parts"})
"""Where models are kept, which other statements touch only by the names of the models."""


def _touches_store(lineage: Lineage) -> bool:
    if any(name.key in _STORE for name in lineage.reads):
        return True
    return any(name.key in _STORE for name, _ in lineage.writes)


def _is_table(name: Name) -> bool:
    return name.space is Space.TABLE


class Conflicts:
    """Goes over the statements of a program, in their order."""

    def __init__(self, *, any_files: bool) -> None:
        """Start.

        Args:
            any_files: whether the program names files by a pattern; then all files are one.
        """
        self._any_files = any_files
        self._resources: dict[str, dict[Name, _Resource]] = defaultdict(dict)
        self._older = OlderThings()
        self._files = _Resource()
        self._understood = _Names()
        self._new = _Names()
        self._written = _Names()
        self._tied: dict[str, dict[Name, set[Name]]] = defaultdict(dict)
        self._defines = False
        self._loose = False
        self._barrier: tuple[int, str] | None = None
        self._session: int | None = None
        self._leaves: dict[int, None] = {}
        self._ancestors: dict[int, int] = {}
        self._edges: dict[int, str] = {}

    def session(self, index: int, *, changes_names: bool) -> dict[int, str]:
        """Return what a session statement waits for; all later ones wait for it."""
        self._edges = {}
        self._wait_for_session()
        self._session = index
        if changes_names:
            self._forget()
            self._loose = True
        return self._finish(index)

    def statement(self, index: int, lineage: Lineage) -> tuple[dict[int, str], str]:
        """Return what a statement waits for, with reasons, and why it is a barrier if it is one."""
        self._edges = {}
        barrier = lineage.barrier
        if self._defines and (lineage.calls or lineage.writes):
            barrier = barrier or "a function or trigger of the program may touch anything"
        if not barrier and _touches_store(lineage):
            barrier = "the tables that hold the models may hold any of them"
        self._defines |= lineage.defines
        if barrier:
            self._pass_barrier(index, barrier)
        else:
            self._wait_for_session()
            self._access(index, lineage)
            self._learn(lineage)
        return self._finish(index), barrier

    def _wait(self, index: int, reason: str) -> None:
        self._edges.setdefault(index, reason)

    def _wait_for_session(self) -> None:
        if self._session is not None:
            self._wait(self._session, "sets up the session")

    def _pass_barrier(self, index: int, why: str) -> None:
        for leaf in self._leaves:
            self._wait(leaf, f"is a barrier: {why}")
        self._barrier = index, why
        self._resources.clear()
        self._older, self._files = OlderThings(), _Resource()
        self._forget()

    def _forget(self) -> None:
        self._understood.clear()
        self._new.clear()

    def _finish(self, index: int) -> dict[int, str]:
        """Close the statement: leave out what is waited for through another one."""
        if self._barrier is not None and self._barrier[0] != index:
            self._wait(self._barrier[0], f"follows a barrier: {self._barrier[1]}")
        seen = 0
        for earlier in sorted(self._edges, reverse=True):
            if seen >> earlier & 1:
                del self._edges[earlier]
            else:
                seen |= self._ancestors[earlier] | 1 << earlier
                self._leaves.pop(earlier, None)
        self._ancestors[index] = seen
        self._leaves[index] = None
        return dict(sorted(self._edges.items()))

    def _access(self, index: int, lineage: Lineage) -> None:
        reads = self._with_tied(lineage.reads)
        modified = [name for name, effect in lineage.writes if effect is Effect.MODIFY]
        writes = dict.fromkeys([name for name, _ in lineage.writes] + self._with_tied(modified))
        for name in reads:
            self._read(index, name)
        for name in writes:
            self._write(index, name)
        touch = self._touch(index, lineage, reads, writes)
        if touch is not None:
            for earlier, reason in self._older.touch(touch):
                self._wait(earlier, reason)

    def _touch(
        self, index: int, lineage: Lineage, reads: Iterable[Name], writes: Iterable[Name]
    ) -> Touch | None:
        """Return how the statement touches things older than the program, if it does."""
        created = {name for name, effect in lineage.writes if effect is Effect.CREATE}
        known = {name for name, effect in lineage.writes if effect is not Effect.MODIFY}
        read = [name for name in reads if _is_table(name) and name not in self._understood]
        written = [
            name
            for name in writes
            if _is_table(name)
            and name not in self._new
            and (name not in created or self._written.alike(name))
        ]
        changed = [n for n in written if n not in known and n not in self._understood]
        calls = f"function {lineage.calls[0]}" if lineage.calls else ""
        if not (read or written or calls):
            return None
        is_change = bool(changed or calls or (read and written))
        way = Way.CHANGE if is_change else Way.READ if read else Way.PUBLISH
        return Touch(
            index,
            way,
            reads=str((read + changed)[0]) if read or changed else "",
            writes=str(written[0]) if written else "",
            calls=calls,
        )

    def _with_tied(self, names: Iterable[Name]) -> list[Name]:
        """Add what the names are views of or are tied to by keys, and so on."""
        found = dict.fromkeys(names)
        rest = list(found)
        while rest:
            name = rest.pop()
            for other, tied in self._tied.get(name.key, {}).items():
                if same(name, other):
                    rest += [more for more in tied if more not in found]
                    found.update(dict.fromkeys(tied))
        return list(found)

    def _resource(self, name: Name) -> list[_Resource]:
        """Return the resource of a name, and after it those of names that may be the same."""
        if name.space is Space.FILE and self._any_files:
            return [self._files]
        group = self._resources[name.key]
        own = group.setdefault(name, _Resource())
        return [own] + [
            resource
            for other, resource in group.items()
            if resource is not own and (self._loose or same(name, other))
        ]

    def _read(self, index: int, name: Name) -> None:
        resources = self._resource(name)
        for resource in resources:
            if resource.writer is not None:
                self._wait(resource.writer[0], f"reads {name}")
        resources[0].readers.append((index, str(name)))

    def _write(self, index: int, name: Name) -> None:
        for resource in self._resource(name):
            for reader, _ in resource.readers:
                if reader != index:
                    self._wait(reader, f"writes {name}, which it reads")
            if resource.writer is not None and resource.writer[0] != index:
                self._wait(resource.writer[0], f"writes {name}, which it writes too")
            resource.writer = index, str(name)
            resource.readers = []

    def _learn(self, lineage: Lineage) -> None:
        """Take down what names stand for from here on."""
        for name, effect in lineage.writes:
            if effect is Effect.CREATE and not self._written.alike(name):
                self._new.add(name)
            self._written.add(name)
            if effect is not Effect.MODIFY:
                self._understood.discard_alike(name)
            if effect in (Effect.CREATE, Effect.REPLACE):
                self._understood.add(name)
            if lineage.is_view:
                self._tie(name, lineage.reads)
            for other in lineage.related:
                self._tie(name, (other,))
                self._tie(other, (name,))

    def _tie(self, name: Name, others: Iterable[Name]) -> None:
        self._tied[name.key].setdefault(name, set()).update(others)
