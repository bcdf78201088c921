"""An API server in memory, as far as the operator uses one: versions, names, uids, refusals."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pkg_argo.kube import Listing
from pkg_argo.kube_errors import AlreadyThereError, ChangedError

if TYPE_CHECKING:
    from pkg_argo.kube import Object, Resource


class FakeKube:
    """Holds objects by kind, namespace and name.

    Attributes:
        writes: what was written, in order.
        asked: what was read of single objects, in order.
        before: called before each write with its verb and kind; may raise, or change things.
        forbidden: verb, kind and namespace of what may not be done.
    """

    def __init__(self, *objects: tuple[Resource, Object]) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.version = 100
        self.writes: list[str] = []
        self.asked: list[str] = []
        self.before: Callable[[str, Resource], None] = lambda _verb, _resource: None
        self.forbidden: set[tuple[str, str, str]] = set()
        for resource, body in objects:
            self.put(resource, body)

    def put(self, resource: Resource, body: Object) -> Object:
        """Have an object, as if somebody else had made or changed it."""
        self.version += 1
        meta = {"uid": f"uid-{self.version}", **body["metadata"]}
        made = {**copy.deepcopy(body), "metadata": {**meta, "resourceVersion": str(self.version)}}
        self.objects[resource.plural, meta["namespace"], meta["name"]] = made
        return copy.deepcopy(made)

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        self.asked.append(f"get {resource.plural}")
        return copy.deepcopy(self.objects.get((resource.plural, namespace, name)))

    async def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        return [
            copy.deepcopy(it)
            for (plural, where, _), it in self.objects.items()
            if plural == resource.plural and where == namespace
        ]

    async def listing(
        self, resource: Resource, namespace: str = "", *, labels: str = ""
    ) -> Listing:
        found = await self.list(resource, namespace, labels=labels)
        return Listing(found, str(self.version))

    async def list_metadata(self, resource: Resource, namespace: str = "", *, labels: str = ""):
        return await self.list(resource, namespace, labels=labels)

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        self._write("try" if dry_run else "create", resource)
        meta = body["metadata"]
        if (resource.plural, meta["namespace"], meta["name"]) in self.objects:
            raise AlreadyThereError(f"{meta['name']} is there")
        return copy.deepcopy(body) if dry_run else self.put(resource, body)

    async def patch(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Object | None:
        self._write("patch", resource)
        found = self.objects.get((resource.plural, namespace, name))
        if found is None:
            return None
        wanted = patch.get("metadata", {}).get("resourceVersion")
        if wanted not in (None, found["metadata"]["resourceVersion"]):
            raise ChangedError(f"{name} was changed")
        return self.put(resource, _merged(found, patch))

    patch_status = patch

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str, grace: int | None = None
    ) -> bool:
        self._write("delete", resource)
        return self.objects.pop((resource.plural, namespace, name), None) is not None

    async def may(self, verb: str, resource: Resource, namespace: str = "") -> bool:
        return (verb, resource.plural, namespace) not in self.forbidden

    def _write(self, verb: str, resource: Resource) -> None:
        self.writes.append(f"{verb} {resource.plural}")
        self.before(verb, resource)


def _merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    base = dict(old) if isinstance(old, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = _merged(base.get(key), value)
    return base
