"""Mirrors: the objects of one kind, kept as the API server has them.

::

    list ─► watch ─► each change ─┐        the connection breaks ─► watch from the last version
              ▲                   │        that version is too old ─► list, and see what is gone
              └───────────────────┘

Whoever reads a mirror asks the API server nothing. What it shows may be a moment old, never older
than what it showed before; :attr:`Mirror.synced` says that it has shown anything yet.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Final

import structlog

from pkg_argo.streams import TooOldError
from sqlflow.errors import SQLFlowError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pkg_argo.kube import Kube, Listing, Object, Resource
    from pkg_argo.streams import Streams

_SILENT: Final = 90.0
"""Seconds after which a watch is taken for dead: bookmarks come about once a minute."""
_LONGEST_PAUSE: Final = 10.0
_HEALTHY: Final = 5.0

Name = tuple[str, str]
"""Namespace and name."""

log = structlog.get_logger(__name__)


class Mirror:
    """Keeps the objects of one kind.

    Args:
        kube: to list.
        streams: to watch.
        resource: the kind.
        namespace: whose objects; empty: those of all.
        labels: a selector.
        keep: what is kept of an object; the rest costs memory. Of the metadata at least
            namespace, name and resourceVersion.
        changed: called with an object that is new, has changed, or is gone.
    """

    def __init__(
        self,
        kube: Kube,
        streams: Streams,
        resource: Resource,
        *,
        namespace: str,
        labels: str = "",
        keep: Callable[[Object], Object],
        changed: Callable[[Object], None],
    ) -> None:
        self.synced = asyncio.Event()
        self.heard = time.monotonic()
        self._kube, self._streams = kube, streams
        self._resource, self._namespace, self._labels = resource, namespace, labels
        self._keep, self._changed = keep, changed
        self._objects: dict[Name, Object] = {}
        self._version = ""

    def get(self, namespace: str, name: str) -> Object | None:
        """Return an object; None if there is none, or none yet."""
        return self._objects.get((namespace, name))

    def __iter__(self) -> Iterator[Object]:
        """Go through all objects."""
        return iter(list(self._objects.values()))

    def put(self, found: Object) -> None:
        """Take an object that was written besides, unless the watch has told of it already.

        A version that the watch has passed is known: as it was, as something later, or as gone.
        """
        if _version(found["metadata"]) > int(self._version or 0):
            self._set(found)

    async def run(self) -> None:
        """Keep up with the API server, for good."""
        pause = 0.0
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except TooOldError:
                self._version = ""
            except SQLFlowError as error:
                log.warning("a watch broke", of=self._resource.plural, error=str(error))
            healthy = time.monotonic() - began > _HEALTHY
            pause = 0.0 if healthy else min(2 * pause + 0.1, _LONGEST_PAUSE)
            # A little by chance: the replicas of a server lose their watches at the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _follow(self) -> None:
        if not self._version:
            where = {"namespace": self._namespace, "labels": self._labels}
            self._replace(await self._kube.listing(self._resource, **where))
        watch = self._streams.watch(
            self._resource, self._namespace, labels=self._labels, since=self._version
        )
        async with watch as changes:
            while (change := await self._next(changes)) is not None:
                self._apply(change["type"], change["object"])

    async def _next(self, changes: AsyncIterator[Object]) -> Object | None:
        """Return the next change; None where the watch has ended, or died."""
        try:
            async with asyncio.timeout(_SILENT):
                change = await anext(changes, None)
        except TimeoutError:
            log.warning("a watch is silent, it is begun anew", of=self._resource.plural)
            return None
        self.heard = time.monotonic()
        return change

    def _replace(self, listing: Listing) -> None:
        there = {_name(found) for found in listing.objects}
        for name in self._objects.keys() - there:
            self._changed(self._objects.pop(name))
        for found in listing.objects:
            known = self._objects.get(_name(found))
            if known is None or _version(known["metadata"]) != _version(found["metadata"]):
                self._set(found)
        self._version = listing.version
        self.heard = time.monotonic()
        self.synced.set()

    def _apply(self, kind: str, found: Object) -> None:
        self._version = str(found["metadata"]["resourceVersion"])
        if kind == "BOOKMARK":
            return
        if kind == "DELETED":
            self._objects.pop(_name(found), None)
            self._changed(self._keep(found))
            return
        known = self._objects.get(_name(found))
        if known is None or _version(known["metadata"]) <= _version(found["metadata"]):
            self._set(found)

    def _set(self, found: Object) -> None:
        kept = self._objects[_name(found)] = self._keep(found)
        self._changed(kept)


def _name(found: Object) -> Name:
    meta = found["metadata"]
    return str(meta.get("namespace", "")), str(meta["name"])


def _version(meta: Object) -> int:
    # Those of one kind are numbers in an order: "Resource versions" in
    # https://kubernetes.io/docs/reference/using-api/api-concepts
    return int(meta["resourceVersion"])
