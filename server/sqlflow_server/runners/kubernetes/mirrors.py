"""The jobs of a namespace and their pods, mirrored, so that no call needs to ask for them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import structlog

from pkg_argo import names, pods
from pkg_argo.job import SQLFlowJob
from pkg_argo.kube import JOBS, PODS
from pkg_argo.watching import Mirror
from sqlflow.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pkg_argo.kube import Kube, Object
    from pkg_argo.streams import Streams

_META: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels")
_STATUS: Final = ("phase", "containerStatuses")

log = structlog.get_logger(__name__)


class Mirrors:
    """Two mirrors, and the pods by job.

    Args:
        kube: to list.
        streams: to watch.
        namespace: of the jobs.
        job_changed: called with the uid of a job that is new or has changed.
        job_gone: called with the uid of a job that is gone.
        pod_changed: called with a pod that is new, has changed or is gone.
    """

    def __init__(
        self,
        kube: Kube,
        streams: Streams,
        namespace: str,
        *,
        job_changed: Callable[[str], None],
        job_gone: Callable[[str], None],
        pod_changed: Callable[[Object], None],
    ) -> None:
        self._namespace = namespace
        self._job_changed, self._job_gone = job_changed, job_gone
        self._pod_changed = pod_changed
        self._models: dict[str, SQLFlowJob] = {}
        self._pods_of: defaultdict[str, dict[str, Object]] = defaultdict(dict)
        self._jobs = Mirror(
            *(kube, streams, JOBS), namespace=namespace, keep=lambda it: it, changed=self._on_job
        )
        self._pods = Mirror(
            *(kube, streams, PODS),
            namespace=namespace,
            labels=names.JOB_UID_LABEL,
            keep=_pod,
            changed=self._on_pod,
        )

    async def run(self) -> None:
        """Keep up with the API server, for good."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._jobs.run(), name="mirror of jobs")
            group.create_task(self._pods.run(), name="mirror of pods")

    async def synced(self) -> None:
        """Wait until both have shown something."""
        await self._jobs.synced.wait()
        await self._pods.synced.wait()

    @property
    def silence(self) -> float:
        """Seconds since the API server was last heard."""
        return time.monotonic() - min(self._jobs.heard, self._pods.heard)

    def job(self, name: str) -> SQLFlowJob | None:
        """Return a job by its name."""
        return self._models.get(name)

    def jobs(self) -> Iterator[SQLFlowJob]:
        """Go through all jobs."""
        return iter(list(self._models.values()))

    def pod(self, namespace: str, name: str) -> Object | None:
        """Return a pod by its name."""
        return self._pods.get(namespace, name)

    def pods_of(self, job: str, step: str) -> list[Object]:
        """Return the pods of a step, by the uid of its job."""
        return [pod for pod in self._pods_of.get(job, {}).values() if pods.step_id(pod) == step]

    def put_job(self, found: Object) -> SQLFlowJob:
        """Take a job that was read or written besides."""
        self._jobs.put(found)
        return self._models.get(str(found["metadata"]["name"])) or SQLFlowJob.from_dict(found)

    def _on_job(self, found: Object) -> None:
        meta = found["metadata"]
        if self._jobs.get(self._namespace, meta["name"]) is None:
            self._models.pop(meta["name"], None)
            self._pods_of.pop(meta["uid"], None)
            self._job_gone(meta["uid"])
        else:
            self._take(found)
            self._job_changed(meta["uid"])

    def _take(self, found: Object) -> None:
        name = found["metadata"]["name"]
        try:
            self._models[name] = SQLFlowJob.from_dict(found)
        except UserError as error:  # Of a later version; the other jobs are not to suffer from it.
            log.warning("a job can't be read", job=name, error=str(error))
            self._models.pop(name, None)

    def _on_pod(self, pod: Object) -> None:
        name, job = pods.name(pod), pods.job_uid(pod)
        if self._pods.get(self._namespace, name) is None:
            self._pods_of.get(job, {}).pop(name, None)
        else:
            self._pods_of[job][name] = pod
        self._pod_changed(pod)


def _pod(found: Object) -> Object:
    """Keep of a pod what tells whose it is and how its containers are."""
    meta: dict[str, Any] = found["metadata"]
    status: dict[str, Any] = found.get("status", {})
    kept: dict[str, Any] = {key: meta[key] for key in _META if key in meta}
    annotations = meta.get("annotations", {})
    kept["annotations"] = {
        key: annotations[key] for key in (pods.NODE_ID, pods.NODE_NAME) if key in annotations
    }
    return {"metadata": kept, "status": {key: status[key] for key in _STATUS if key in status}}
