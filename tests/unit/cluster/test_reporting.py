"""What is told of a failed cluster test."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from devcluster.addons.workloads import Health
from devcluster.errors import ClusterError
from tests.cluster.support.reporting import Section, report

if TYPE_CHECKING:
    from devcluster.addons.kubectl import Kubectl
    from devcluster.flavours import Flavour

PASSWORD = base64.b64encode(b"hunter2").decode()
SECRET = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"password": PASSWORD}}
POD = {
    "kind": "Pod",
    "metadata": {"name": "p"},
    "status": {"containerStatuses": [{"name": "main", "restartCount": 1}]},
}
EVENT = {
    "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"},
    "lastTimestamp": "2026-01-02T03:04:06Z",
    "type": "Warning",
    "reason": "BackOff",
    "message": "as hunter2 says",
    "involvedObject": {"kind": "Pod", "name": "p"},
}


@dataclass
class Parts:
    parts: list[Health]

    def status(self) -> list[Health]:
        return self.parts


@dataclass
class Answers:
    """In the place of kubectl: objects by their kinds, logs by their commands."""

    objects: dict[str, list[dict[str, Any]]]
    logs: dict[str, str] = field(default_factory=dict)

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        kinds = arguments[-1]
        if kinds not in self.objects:
            raise ClusterError(f"{kinds} can't be read")
        return self.objects[kinds]

    def run(self, *arguments: str) -> str:
        return self.logs[" ".join(arguments)]


def told(kubectl: Answers, *parts: Health) -> list[Section]:
    return report(
        cast("Flavour", Parts([*parts])), cast("Kubectl", kubectl), ["n"] if kubectl.objects else []
    )


def test_the_health_of_broken_parts_comes_first() -> None:
    [section] = told(
        Answers({}),
        Health("etcd", ok=True, message="healthy"),
        Health("coredns", ok=False, message="0 of 1 replicas ready"),
    )

    assert section.text.splitlines() == [
        "NOT OK  coredns: 0 of 1 replicas ready",
        "ok      etcd: healthy",
    ]


def test_a_namespace_is_told_with_resources_events_and_logs_without_its_secrets() -> None:
    kubectl = Answers(
        {
            "secrets": [SECRET],
            "pods,services,configmaps,secrets,workflows.argoproj.io": [SECRET],
            "events": [EVENT],
            "pods": [POD],
        },
        {
            "--namespace=n logs p --container=main --tail=200": "it is hunter2",
            "--namespace=n logs p --container=main --tail=200 --previous": "it was hunter2",
        },
    )

    _health, *sections = told(kubectl)

    assert sections == [
        Section(
            "cluster: namespace n: resources",
            "[{'kind': 'Secret', 'metadata': {'name': 's'}, 'data': {'password': '[redacted]'}}]",
        ),
        Section(
            "cluster: namespace n: events",
            "2026-01-02T03:04:06Z Warning Pod/p BackOff: as [redacted] says",
        ),
        Section("cluster: namespace n: log of p/main", "it is [redacted]"),
        Section("cluster: namespace n: previous log of p/main", "it was [redacted]"),
    ]


def test_nothing_of_a_namespace_is_told_whose_secrets_are_not_known() -> None:
    kubectl = Answers({"events": [EVENT], "pods": [POD]})

    _health, *sections = told(kubectl)

    assert sections == [
        Section("cluster: namespace n", "can't be had: secrets can't be read"),
    ]


def test_a_section_that_cannot_be_had_leaves_the_others() -> None:
    kubectl = Answers({"secrets": [], "events": [EVENT], "pods": []})

    _health, resources, events = told(kubectl)

    assert resources.text.startswith("can't be had: ")
    assert events.text == "2026-01-02T03:04:06Z Warning Pod/p BackOff: as hunter2 says"
