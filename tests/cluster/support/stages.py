"""Namespaces with jobs, and with operators of their own that a test may kill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kubernetes.aio import client

from devcluster.places import PROJECT
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.jobs import Jobs
    from tests.cluster.support.playground import Playground
    from tests.cluster.support.processes import Processes

CRD: Final = PROJECT / "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
_JOBS: Final = ("sqlflow.org", "v1alpha1", "sqlflowjobs")
_WORKFLOWS: Final = ("argoproj.io", "v1alpha1", "workflows")


def install_type(cluster: Cluster) -> None:
    """Have the type SQLFlowJob, of this checkout; Helm may have installed it already."""
    cluster.kubectl.run("apply", "--server-side", "--force-conflicts", f"--filename={CRD}")


@dataclass(frozen=True, slots=True)
class Stage:
    """One namespace; none of its operators runs before a test starts it."""

    namespace: Playground
    jobs: Jobs
    processes: Processes

    @property
    def _objects(self) -> client.CustomObjectsApi:
        return client.CustomObjectsApi(self.namespace.api)

    async def workflows(self) -> list[dict[str, Any]]:
        return await self._list(_WORKFLOWS)

    async def workflow_ends(self) -> None:
        """Wait until Argo is done with the only Workflow."""
        await eventually(
            self.workflows,
            lambda it: [w["status"].get("phase") for w in it] == ["Succeeded"],
            what="the Workflow succeeds",
        )

    async def delete_workflow(self, name: str) -> None:
        group, version, plural = _WORKFLOWS
        await self._objects.delete_namespaced_custom_object(
            group, version, self.namespace.name, plural, name
        )

    async def job_names(self) -> list[str]:
        return [it["metadata"]["name"] for it in await self._list(_JOBS)]

    async def patch(self, job: str, spec: dict[str, Any]) -> None:
        """Change a job's spec, as a user does."""
        group, version, plural = _JOBS
        await self._objects.patch_namespaced_custom_object(
            group, version, self.namespace.name, plural, job, {"spec": spec}
        )

    async def in_phase(self, job: str, phase: str) -> dict[str, Any]:
        """Wait until a job is in a phase; return its status."""
        return await eventually(
            lambda: self.jobs.status(job),
            lambda it: it.get("phase") == phase,
            what=f"{job} {phase}",
        )

    async def _list(self, kind: tuple[str, str, str]) -> list[dict[str, Any]]:
        group, version, plural = kind
        found: Any = await self._objects.list_namespaced_custom_object(
            group, version, self.namespace.name, plural
        )
        items: list[dict[str, Any]] = found["items"]
        return items
