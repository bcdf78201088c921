"""What is told of a failed test: how each part of the cluster is, and its namespaces' contents.

Every section stands for itself: one that can't be had says why, and the others are still there.
"""

from __future__ import annotations

import json
import pprint
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from devcluster.errors import ClusterError
from tests.cluster.support.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from devcluster.addons.kubectl import Kubectl
    from devcluster.flavours import Flavour

KINDS: Final = "pods,services,configmaps,secrets,workflows.argoproj.io"
LINES: Final = 200  # of each log
LONGEST: Final = 500  # characters of a line of it


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report, under a heading."""

    heading: str
    text: str


def report(flavour: Flavour, kubectl: Kubectl, namespaces: Iterable[str]) -> list[Section]:
    """Describe the cluster, and what is in these namespaces."""
    sections = [Section("cluster: health", _had(lambda: health(flavour)))]
    for namespace in namespaces:
        sections += _namespace(kubectl, namespace)
    return sections


def health(flavour: Flavour) -> str:
    """Return a line a part, the broken ones first."""
    parts = sorted(flavour.status(), key=lambda part: part.ok)
    return "\n".join(f"{'ok' if it.ok else 'NOT OK':6}  {it.name}: {it.message}" for it in parts)


def _namespace(kubectl: Kubectl, namespace: str) -> Iterator[Section]:
    def get(*arguments: str) -> list[dict[str, Any]]:
        return kubectl.items(f"--namespace={namespace}", *arguments)

    title = f"cluster: namespace {namespace}"
    try:
        redactor = Redactor.of(get("secrets"))
    except ClusterError as error:
        # Without knowing what is secret nothing of it is shown.
        yield Section(title, f"can't be had: {error}")
        return
    resources = _had(lambda: _resources(redactor, get(KINDS)))
    yield Section(f"{title}: resources", resources)
    yield Section(f"{title}: events", _had(lambda: redactor.text(_events(get("events")))))
    for heading, arguments in _logs(get):
        text = _had(partial(kubectl.run, f"--namespace={namespace}", *arguments))
        # Cut twice, since the first cut may leave of a secret what is not known for one.
        text = _shortened(redactor.text(_shortened(text, 2 * LONGEST)), LONGEST)
        yield Section(f"{title}: {heading}", text)


def _shortened(text: str, longest: int) -> str:
    """Cut long lines, of which a log may have megabytes."""
    return "\n".join(
        line if len(line) <= longest else f"{line[:longest]} …" for line in text.splitlines()
    )


def _resources(redactor: Redactor, items: Iterable[dict[str, Any]]) -> str:
    kept = [redactor.object(item) for item in items if not _is_everywhere(item)]
    return pprint.pformat(kept, width=100, compact=True, sort_dicts=False)


def _is_everywhere(item: dict[str, Any]) -> bool:
    return bool(item["kind"] == "ConfigMap" and item["metadata"]["name"] == "kube-root-ca.crt")


def _events(items: Iterable[dict[str, Any]]) -> str:
    def when(event: dict[str, Any]) -> str:
        return str(
            event.get("lastTimestamp")
            or event.get("eventTime")
            or event["metadata"]["creationTimestamp"]
        )

    return "\n".join(
        "{} {} {}/{} {}: {}".format(
            when(event),
            event.get("type"),
            event["involvedObject"]["kind"],
            event["involvedObject"]["name"],
            event.get("reason"),
            event.get("message"),
        )
        for event in sorted(items, key=when)
    )


def _logs(get: Callable[..., list[dict[str, Any]]]) -> Iterator[tuple[str, list[str]]]:
    """Return the commands that print the logs of all containers, also of those that ended."""
    try:
        pods = get("pods")
    except ClusterError:
        return  # The section of the resources says why.
    for pod in pods:
        name = pod["metadata"]["name"]
        status = pod.get("status", {})
        for container in [
            *status.get("initContainerStatuses", []),
            *status.get("containerStatuses", []),
        ]:
            what = f"log of {name}/{container['name']}"
            command = ["logs", name, f"--container={container['name']}", f"--tail={LINES}"]
            yield what, command
            if container.get("restartCount"):
                yield f"previous {what}", [*command, "--previous"]


def _had(section: Callable[[], str]) -> str:
    try:
        return section()
    except (ClusterError, json.JSONDecodeError) as error:
        return f"can't be had: {error}"
