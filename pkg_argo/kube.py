"""The Kubernetes API as operator and server use it: few verbs on plain dicts.

:class:`Kube` is what they are written against; :func:`pkg_argo.login.connect` gives the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object, and where the API has it."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the path of all objects, those of a namespace, one, or a part of one."""
        parts = ["apis" if self.group else "api", self.api_version]
        parts += ["namespaces", namespace] if namespace else []
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(parts)


class Listing(NamedTuple):
    """Objects, and the version from which a watch goes on."""

    objects: Sequence[Object]
    version: str


JOBS: Final = Resource("sqlflow.org", "v1alpha1", "sqlflowjobs", "SQLFlowJob")
WORKFLOWS: Final = Resource("argoproj.io", "v1alpha1", "workflows", "Workflow")
PODS: Final = Resource("", "v1", "pods", "Pod")
CONFIG_MAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")
EVENTS: Final = Resource("", "v1", "events", "Event")
SECRETS: Final = Resource("", "v1", "secrets", "Secret")
TOKEN_REVIEWS: Final = Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview")
ACCESS_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview"
)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")


class Kube(Protocol):
    """What is asked of an API server.

    All methods raise the errors of :mod:`pkg_argo.kube_errors`, and
    :class:`~sqlflow.errors.UnavailableError` when there is no answer in time.
    """

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object as it is now; None if there is none."""

    async def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Sequence[Object]:
        """Return the objects of a namespace, or of all, that two selectors admit."""

    async def listing(
        self, resource: Resource, namespace: str = "", *, labels: str = ""
    ) -> Listing:
        """Return the objects as they are at one version."""

    async def list_metadata(
        self, resource: Resource, namespace: str = "", *, labels: str = ""
    ) -> Sequence[Object]:
        """Return the metadata alone, which is little also where the objects are large."""

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        """Create an object, in the namespace that it names if it does. An unknown field is refused.

        A dry run only tells whether it would be accepted.
        """

    async def patch(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Object | None:
        """Merge into an object; None if there is none.

        A ``metadata.resourceVersion`` in the patch makes it hold for that version only.
        """

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Object | None:
        """Merge into the status subresource; None if there is no object."""

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str, grace: int | None = None
    ) -> bool:
        """Delete an object if it is still the one with this uid; False if it is gone.

        A pod has ``grace`` seconds to end by itself; by default what it says of itself.
        """

    async def may(self, verb: str, resource: Resource, namespace: str = "") -> bool:
        """Tell whether one's own account has a right in a namespace, or in all of them."""
