"""One test's namespace: it starts pods there, watches what becomes of them, reads their logs."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kubernetes.aio import client

from tests.cluster.support import manifests
from tests.cluster.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp
    from kubernetes.aio.client import ApiClient

    from devcluster.addons.kubectl import Kubectl

ENDED: Final = ("Succeeded", "Failed", "Error")
GATE: Final = "/tmp/open"
# To be put into a program that is to wait until the test lets it go on.
WAIT_AT_GATE: Final = f"""
import os, time
while not os.path.exists("{GATE}"):
    time.sleep(0.02)
"""
# Process 1 is Argo's executor, which waits for the program.
_FREEZE: Final = """
import os, pathlib, signal
own = {1, os.getpid()}
for process in {int(it.name) for it in pathlib.Path("/proc").glob("[0-9]*")} - own:
    os.kill(process, signal.SIGSTOP)
"""
_FILL: Final = """
import sys
with open("/proc/1/fd/1", "w") as log:
    for _ in range(int(sys.argv[1]) * 1024):
        log.write("x" * 1023 + "\\n")
"""
# What Argo's executor adds to the log of the program that it ran.
OF_THE_EXECUTOR: Final = 'msg="sub-process exited"'
_HOURS: Final = 10**6  # seconds; a follow without a number of its own is cut after 300


@dataclass(frozen=True, slots=True)
class Playground:
    """A namespace, with the client that a test speaks to it through."""

    name: str
    api: ApiClient
    kubectl: Kubectl

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    async def run(self, image: str, program: str, *, name: str = "probe", secret: str = "") -> str:
        """Run a program in a pod to its end; return what it printed. The pod must succeed."""
        await self.start(image, program, name=name, secret=secret)
        phase = await self.ended(name)
        # The log is told with the rest of the namespace, redacted.
        assert phase == "Succeeded", f"pod {name} ended as {phase}"
        return await self.log(name)

    async def start(
        self,
        image: str,
        program: str,
        *,
        name: str = "probe",
        secret: str = "",
        labels: dict[str, str] | None = None,
    ) -> None:
        """Create a pod that runs a program."""
        body = manifests.pod(name, image, program, secret=secret, labels=labels)
        await self.create_pod(body)

    async def create_pod(self, body: dict[str, Any]) -> None:
        await self.core.create_namespaced_pod(self.name, client.V1Pod.model_validate(body))

    async def create_secret(self, name: str, values: dict[str, str]) -> None:
        body = client.V1Secret.model_validate(manifests.secret(name, values))
        await self.core.create_namespaced_secret(self.name, body)

    async def create_service(self, name: str, *, port: int, labels: dict[str, str]) -> None:
        body = client.V1Service.model_validate(manifests.service(name, port=port, labels=labels))
        await self.core.create_namespaced_service(self.name, body)

    async def pod(self, name: str) -> client.V1Pod:
        return await self.core.read_namespaced_pod(name, self.name)

    async def running(self, pod: str, *, container: str = "main") -> None:
        """Wait until a container of a pod runs, or has run."""
        await eventually(
            lambda: self._state(pod, container),
            lambda state: bool(state and (state.running or state.terminated)),
            what=f"container {container} of pod {pod} starts",
        )

    async def over(self, pod: str, *, container: str = "main") -> None:
        """Wait until a container of a pod has ended."""
        await eventually(
            lambda: self._state(pod, container),
            lambda state: bool(state and state.terminated),
            what=f"container {container} of pod {pod} ends",
        )

    async def ended(self, pod: str) -> str:
        """Wait until a pod has ended; return its phase."""

        async def phase() -> str:
            status = (await self.pod(pod)).status
            return str(status and status.phase)

        return await eventually(phase, lambda it: it in ENDED, what=f"pod {pod} ends")

    async def is_running(self, pod: str) -> bool:
        """Tell whether a pod's program runs at this moment."""
        state = await self._state(pod, "main")
        return bool(state and state.running)

    async def running_pods(self) -> list[str]:
        """Return the names of the pods whose program runs at this moment."""
        pods = await self.core.list_namespaced_pod(self.name)
        return [
            str(pod.metadata and pod.metadata.name)
            for pod in pods.items
            for it in (pod.status and pod.status.container_statuses) or ()
            if it.name == "main" and it.state and it.state.running
        ]

    async def pod_names(self, namespace: str = "", selector: str = "") -> list[str]:
        """Return the names of the pods that are there, in this namespace or another."""
        pods = await self.core.list_namespaced_pod(namespace or self.name, label_selector=selector)
        return [str(pod.metadata and pod.metadata.name) for pod in pods.items]

    async def warnings(self, reason: str) -> list[str]:
        """Return what Events of a reason say."""
        events = await self.core.list_namespaced_event(self.name, field_selector=f"reason={reason}")
        return [str(event.message) for event in events.items]

    async def _state(self, pod: str, container: str) -> client.V1ContainerState | None:
        status = (await self.pod(pod)).status
        for it in (status and status.container_statuses) or ():
            if it.name == container:
                return it.state
        return None

    async def log(self, pod: str, *, container: str = "main", limit: int | None = None) -> str:
        """Return a container's log as it is now."""
        return await self.core.read_namespaced_pod_log(
            pod, self.name, container=container, limit_bytes=limit
        )

    @contextlib.asynccontextmanager
    async def following(
        self, pod: str, *, container: str = "main"
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """Follow a container's log from its start, once it runs."""
        await self.running(pod, container=container)
        response = await self.core.read_namespaced_pod_log_without_preload_content(
            pod, self.name, container=container, follow=True, _request_timeout=_HOURS
        )
        try:
            assert response.status == 200, await response.text()
            yield response.content
        finally:
            response.close()

    async def open_gate(self, pod: str) -> None:
        """Let a program go on that waits at its gate."""
        await eventually(
            lambda: self._kubectl("exec", pod, "--container=main", "--", "touch", GATE),
            lambda _output: True,
            what=f"the gate of pod {pod} is opened",
        )

    async def freeze(self, pod: str) -> None:
        """Stop a step's program as it is: from now on it takes no signal but SIGKILL."""
        await self._kubectl("exec", pod, "--container=main", "--", "python", "-c", _FREEZE)

    async def delete_pod(self, pod: str) -> None:
        """Ask a pod to end, with the time that it is given for that, as a user does."""
        await self.core.delete_namespaced_pod(pod, self.name)

    async def evict(self, pod: str) -> None:
        """Have a pod make room, as who drains a node does."""
        meta = {"name": pod, "namespace": self.name}
        body = client.V1Eviction.model_validate({"metadata": meta})
        await self.core.create_namespaced_pod_eviction(pod, self.name, body)

    async def fill(self, pod: str, *, mebibytes: int) -> None:
        """Write to a container's log, which counts as the pod's disk."""
        arguments = ("exec", pod, "--container=main", "--", "python", "-c", _FILL, str(mebibytes))
        await self._kubectl(*arguments)

    async def _kubectl(self, *arguments: str) -> str:
        return await asyncio.to_thread(self.kubectl.run, f"--namespace={self.name}", *arguments)

    async def output(self, pod: str) -> list[str]:
        """Return the lines that a step's program printed: its log without the executor's lines."""
        lines = (await self.log(pod)).splitlines()
        return [line for line in lines if OF_THE_EXECUTOR not in line]
