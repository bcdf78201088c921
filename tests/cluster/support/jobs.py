"""SQLFlowJobs, as a user has them by kubectl."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.cluster.support import manifests
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from devcluster.addons.kubectl import Kubectl
    from tests.cluster.support.databases import Database

FINAL: Final = ("Succeeded", "Failed", "Cancelled")
SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of a namespace."""

    kubectl: Kubectl
    namespace: str

    async def submit(self, name: str, program: str, database: Database, **spec: Any) -> None:
        """Apply a job, and the Secret with its data source."""
        job = {
            "apiVersion": "sqlflow.org/v1alpha1",
            "kind": "SQLFlowJob",
            "metadata": {"name": name},
            "spec": {
                "program": program,
                "dataSource": {"dialect": database.dialect, "secretRef": {"name": name}},
                **spec,
            },
        }
        items = [manifests.secret(name, {"dsn": database.dsn}), job]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        await self._run("apply", "--filename=-", stdin=text)

    async def status(self, name: str) -> dict[str, Any]:
        text = await self._run("get", f"sfj/{name}", "--output=json")
        status: dict[str, Any] = json.loads(text).get("status", {})
        return status

    async def end(self, name: str, *, seconds: float = SECONDS) -> dict[str, Any]:
        """Wait until a job has ended; return its status."""
        return await eventually(
            lambda: self.status(name),
            lambda status: status.get("phase") in FINAL,
            what=f"job {name} ends",
            seconds=seconds,
        )

    async def succeed(self, name: str, *, seconds: float = SECONDS) -> dict[str, Any]:
        status = await self.end(name, seconds=seconds)
        assert status["phase"] == "Succeeded", status
        return status

    async def reach(self, name: str, accept: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a job's status is as it should be; return it."""
        return await eventually(
            lambda: self.status(name), accept, what=f"the status of job {name}", seconds=SECONDS
        )

    async def delete(self, name: str, *, cascade: str) -> None:
        """Delete a job, and wait until it is gone itself."""
        await self._run("delete", f"sfj/{name}", f"--cascade={cascade}")

    async def pod_ends(self, pod: str) -> None:
        """Wait until the containers of a pod have ended."""
        phase = ("get", f"pod/{pod}", "--output=jsonpath={.status.phase}")
        await eventually(
            lambda: self._run(*phase),
            lambda it: it in ("Succeeded", "Failed"),
            what=f"pod {pod} ends",
            seconds=SECONDS,
        )

    async def workflows_of(self, name: str) -> list[str]:
        """Return the uids of the Workflows that were made for a job."""
        selector = f"--selector=sqlflow.org/job={name}"
        text = await self._run("get", "workflows", selector, "--output=json")
        return [str(it["metadata"]["uid"]) for it in json.loads(text)["items"]]

    async def running_pod(self, name: str) -> str:
        """Wait until a job's first step runs; return its pod."""
        status = await self.reach(
            name, lambda it: bool(it.get("steps")) and it["steps"][0]["phase"] == "Running"
        )
        return str(status["steps"][0]["pod"])

    async def pods_of(self, name: str) -> dict[str, str]:
        """Return the uids of the pods of a job's steps that are there, by their names."""
        selector = f"--selector=sqlflow.org/job={name}"
        text = await self._run("get", "pods", selector, "--output=json")
        metas = [it["metadata"] for it in json.loads(text)["items"]]
        return {str(it["name"]): str(it["uid"]) for it in metas}

    async def shown(self, name: str) -> dict[str, str]:
        """Return the line of ``kubectl get sfj``, by the headings of its columns."""
        head, line = (await self._run("get", f"sfj/{name}")).splitlines()
        starts = [head.index(word) for word in head.split()]
        ends = [*starts[1:], None]
        return {
            head[start:end].strip(): line[start:end].strip()
            for start, end in zip(starts, ends, strict=True)
        }

    async def _run(self, *arguments: str, stdin: str = "") -> str:
        return await asyncio.to_thread(
            self.kubectl.run, f"--namespace={self.namespace}", *arguments, stdin=stdin
        )
