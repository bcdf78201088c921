"""The running cluster, as the tests of a session know it."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from devcluster import flavours
from devcluster.addons.kubectl import Kubectl
from devcluster.places import Places
from tests.cluster.support import manifests
from tests.cluster.support.reporting import health

if TYPE_CHECKING:
    from collections.abc import Callable

    from devcluster.flavours import Flavour

IMAGES: Final = ("base", "step")
GONE: Final = 90.0  # seconds for the namespaces of all tests to be gone


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running cluster.

    Attributes:
        images: the references of our images, by name.
    """

    places: Places
    flavour: Flavour
    kubectl: Kubectl
    images: dict[str, str]

    @classmethod
    def running(cls) -> Cluster:
        """Return the cluster; fail if there is none, and name what is broken if it is not well."""
        places = Places.from_environment()
        flavour = flavours.open_cluster(places)
        if not flavour.running:
            pytest.fail("no cluster is up: run `make cluster`", pytrace=False)
        if not all(part.ok for part in flavour.status()):
            pytest.fail(f"the cluster is not healthy:\n{health(flavour)}", pytrace=False)
        kubectl = Kubectl(flavours.kubectl(places), flavour.kubeconfig)
        return cls(places, flavour, kubectl, flavour.load(IMAGES))

    def database_password(self) -> str:
        """Return the password of the user `sqlflow` of both databases."""
        encoded = self.kubectl.run(
            *("get", "secret", "database", "--namespace=databases"),
            "--output=jsonpath={.data.password}",
        )
        return base64.b64decode(encoded).decode()


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Makes namespaces. Their deletion takes a while, and only the session's end waits for it."""

    kubectl: Kubectl
    names: list[str] = field(default_factory=list)

    def make(self) -> str:
        """Make a namespace for jobs."""
        return self._make(manifests.namespace)

    def make_bare(self) -> str:
        """Make one that holds pods to the same, without what a job needs besides."""
        return self._make(lambda name: manifests.namespace(name)[:1])

    def _make(self, objects: Callable[[str], list[dict[str, Any]]]) -> str:
        name = f"test-{uuid.uuid4().hex[:10]}"
        self.names.append(name)
        body = {"apiVersion": "v1", "kind": "List", "items": objects(name)}
        self.kubectl.apply("--filename=-", stdin=json.dumps(body))
        return name

    def delete(self, *, wait: bool) -> None:
        if self.names:
            self.kubectl.run(
                *("delete", "namespace", *self.names, "--ignore-not-found"),
                *(f"--wait={wait}".lower(), f"--timeout={GONE:.0f}s"),
            )
