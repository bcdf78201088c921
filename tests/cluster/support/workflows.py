"""Argo Workflows in a test's namespace: submitted, followed step by step, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from kubernetes.aio import client

from tests.cluster.support import manifests
from tests.cluster.support.playground import ENDED
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from tests.cluster.support.playground import Playground

_GROUP: Final = "argoproj.io"
_VERSION: Final = "v1alpha1"
_PLURAL: Final = "workflows"


async def submit(namespace: Playground, name: str, image: str, programs: dict[str, str]) -> None:
    """Create a Workflow whose steps run these programs one after the other."""
    await client.CustomObjectsApi(namespace.api).create_namespaced_custom_object(
        _GROUP, _VERSION, namespace.name, _PLURAL, manifests.workflow(name, image, programs)
    )


async def pod_of(namespace: Playground, workflow: str, step: str) -> str:
    """Wait until a step's program runs, or has run; return the name of its pod."""

    async def look() -> str:
        selector = f"workflows.argoproj.io/workflow={workflow}"
        found = await namespace.core.list_namespaced_pod(namespace.name, label_selector=selector)
        for pod in found.items:
            assert pod.metadata
            node = (pod.metadata.annotations or {}).get("workflows.argoproj.io/node-name")
            if node == f"{workflow}.{step}":
                return str(pod.metadata.name)
        return ""

    pod = await eventually(look, bool, what=f"step {step} of Workflow {workflow} has a pod")
    await namespace.running(pod)
    return pod


async def end_of(namespace: Playground, workflow: str) -> dict[str, Any]:
    """Wait until a Workflow has ended; return its phase and message, and those of its steps."""

    async def look() -> dict[str, Any]:
        found: Any = await client.CustomObjectsApi(namespace.api).get_namespaced_custom_object(
            _GROUP, _VERSION, namespace.name, _PLURAL, workflow
        )
        return _told(found.get("status") or {})

    return await eventually(look, lambda it: it["phase"] in ENDED, what=f"Workflow {workflow} ends")


async def succeed(namespace: Playground, workflow: str) -> None:
    """Wait until a Workflow has ended, which must be well."""
    status = await end_of(namespace, workflow)
    if status["phase"] != "Succeeded":
        pytest.fail(f"Workflow {workflow} ended: {status}", pytrace=False)


def _told(status: dict[str, Any]) -> dict[str, Any]:
    return {
        "phase": status.get("phase"),
        "message": status.get("message"),
        "steps": {
            node["displayName"]: f"{node['phase']}: {node.get('message', '')}"
            for node in (status.get("nodes") or {}).values()
        },
    }
