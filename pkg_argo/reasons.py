"""Why a step does not go on, or failed: the cause in a word, and a sentence that says what to do.

Kubernetes and Argo tell of trouble in free text, in five places: the state of a container, a
condition of the pod, the end of the pod, an event about it, the message of the Workflow's node.
:func:`sayings` brings them all into the form that Argo uses, ``Cause: text``, so that one table of
patterns reads them. What no pattern knows is no trouble as long as the pod waits
(``ContainerCreating``), and is shown as it is once the step has failed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from pkg_argo import pods

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pkg_argo.pods import Object

LIMIT: Final = 1024
"""Bytes of a message in a status: it is read in a terminal, and there may be hundreds."""

STEP_FAILED: Final = "StepFailed"
CANCELLED: Final = "Cancelled"
POD_DELETED: Final = "PodDeleted"
DEADLINE: Final = "DeadlineExceeded"
PENDING_DEADLINE: Final = "PendingDeadlineExceeded"
LOST: Final = "WorkflowLost"
NOT_RESPONDING: Final = "ControllerNotResponding"
NODE_LOST: Final = "NodeLost"
EVICTED: Final = "Evicted"
STEP_LOST: Final = "StepLost"
LEASE: Final = "LeaseExpired"
SUSPENDED: Final = "Suspended"
POSTPONED: Final = "Postponed"
TERMINATED: Final = "Terminated"
WORKFLOW_FAILED: Final = "WorkflowFailed"


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause.

    Attributes:
        reason: for machines, CamelCase or what the step itself called it.
        message: for a person: what happened and what to do; at most :data:`LIMIT` bytes.
    """

    reason: str
    message: str


NOTHING: Final = Finding("", "")

ADVICE: Final = {
    "ImagePullBackOff": "Check the image's name and that the nodes may pull it",
    "Unschedulable": "Ask for less in stepDefaults or SET step, or give the cluster a fitting node",
    "SecretNotFound": "Create the Secret in the job's namespace; the step then goes on by itself",
    "ConfigMapNotFound": "It was deleted after the job began: run the program in a new job",
    "QuotaExceeded": "Wait for other pods to end, raise the namespace's quota, or ask for less",
    "PodSecurity": "The pod's template does not fit the namespace's Pod Security level: "
    "an administrator has to change one of the two",
    "ExecutorForbidden": "Argo's executor may not report results: give the step's service account "
    "a Role with create and patch on workflowtaskresults, as the Helm chart does",
    "ServiceAccountNotFound": "Create the service account in the job's namespace, with the rights "
    "of Argo's executor, as the Helm chart does; then make the job anew",
    "ContainerNotStarted": "The pod's events tell more: kubectl describe pod",
    "OOMKilled": "Give the step more memory in stepDefaults or by SET step.memory",
    EVICTED: "The node ran short of what the pod used: ask for more memory or disk, and run again",
    NODE_LOST: "The pod's node does not answer; the job goes on if it comes back",
    POD_DELETED: "It is not run again by itself, for it may have written: "
    "look at the tables before a new job",
    DEADLINE: "Raise activeDeadlineSeconds or make the program smaller",
    LEASE: "A job that is to go on unread has to be made without a lease",
    LOST: "Its pods went with it. It is not run again by itself, for they may have written: "
    "look at the tables before a new job",
    NOT_RESPONDING: "Check that Argo's workflow controller runs, and serves this namespace",
}


_DELETED: Final = "pod deleted"  # Argo's words
_INSTEAD: Final = {
    "OOMKilled": "The step needed more memory than it may use, and was killed",
    POD_DELETED: "The step's pod was deleted before the step was done",
}
"""What is said in place of Kubernetes's words, where those are too few."""


class _Rule(NamedTuple):
    """What a text that matches means; the group ``detail``, if any, is what is shown of it."""

    pattern: re.Pattern[str]
    reason: str


def _rule(pattern: str, reason: str) -> _Rule:
    return _Rule(re.compile(pattern, re.DOTALL), reason)


_RULES: Final = (
    _rule(
        r"(?:ImagePullBackOff: )?(?P<detail>(?:ErrImage|InvalidImageName|Back-off pulling).*)",
        "ImagePullBackOff",
    ),
    _rule(r"Unschedulable: (?P<detail>.*)", "Unschedulable"),
    _rule(r".*?(?P<detail>secret \"[^\"]*\" not found)", "SecretNotFound"),
    _rule(r".*?(?P<detail>configmap \"[^\"]*\" not found)", "ConfigMapNotFound"),
    _rule(r".*?(?P<detail>serviceaccount \"[^\"]*\" not found)", "ServiceAccountNotFound"),
    _rule(r".*?(?P<detail>exceeded quota: .*)", "QuotaExceeded"),
    _rule(r".*?(?P<detail>violates PodSecurity .*)", "PodSecurity"),
    _rule(r".*?(?P<detail>workflowtaskresults\.argoproj\.io is forbidden.*)", "ExecutorForbidden"),
    _rule(
        r"(CreateContainerConfigError|CreateContainerError|RunContainerError): ",
        "ContainerNotStarted",
    ),
    _rule(r"OOMKilled: (?P<detail>.*)", "OOMKilled"),
    _rule(r"main: OOMKilled ", "OOMKilled"),
    _rule(r"(?:Evicted|NodeShutdown|Terminated): (?P<detail>.*)", EVICTED),
    _rule(r"(?:The node was low on|Usage of EmptyDir|Pod ephemeral local storage) ", EVICTED),
    _rule(r"NodeLost: (?P<detail>.*)", NODE_LOST),
    _rule(_DELETED, POD_DELETED),
    _rule(r"(?:DeadlineExceeded: )?(?P<detail>(?:Step exceeded|Pod was active) .*)", DEADLINE),
    _rule(r"Max duration limit exceeded", DEADLINE),
    _rule(r"workflow shutdown with strategy", CANCELLED),
)
_OWN_TEXT: Final = re.compile(r"main: (?!OOMKilled)")
"""What the step itself says is not searched: it may quote anything."""
_EXIT: Final = re.compile(
    r"(?:main: )?\w+ \(exit code (?P<code>\d+)\)(?:: (?P<text>.*))?", re.DOTALL
)
_SIGNALLED: Final = frozenset({"137", "143"})  # 128 + SIGKILL, 128 + SIGTERM
_WORD: Final = 64  # bytes of a reason
_OWN_WORDS: Final = {"OutOfMemory": "OOMKilled"}
"""What a step calls what the kubelet has a name for."""


def finding(reason: str, what: str) -> Finding:
    """Return the cause with the advice that belongs to it; a long text is cut, the advice not."""
    advice = ADVICE.get(reason, "")
    if not advice:
        return Finding(reason, cut(what))
    room = LIMIT - len(advice.encode()) - len(". ")
    return Finding(reason, f"{cut(what.rstrip('. '), room)}. {advice}")


def known(sayings: Iterable[str]) -> Finding | None:
    """Return the first trouble that is known; None for what passes by itself."""
    for text in sayings:
        if _OWN_TEXT.match(text):
            continue
        for pattern, reason in _RULES:
            if match := pattern.match(text):
                detail = match.groupdict().get("detail")
                return finding(reason, detail or _INSTEAD.get(reason) or text)
    return None


def failure(sayings: Iterable[str]) -> Finding:
    """Return why a step failed."""
    texts = [text for text in sayings if text]
    return known(texts) or _own(texts[0] if texts else "")


def workflow_failure(message: str) -> Finding:
    """Return why a Workflow failed of which no step did."""
    what = message or "Argo ended the Workflow and did not say why"
    return known([what]) or finding(WORKFLOW_FAILED, what)


def _own(text: str) -> Finding:
    """Return what the step said about its failure, in its termination message."""
    match = _EXIT.fullmatch(text)
    if match is None:
        return finding(STEP_FAILED, text or "The step failed, and nobody said why")
    code, said = match["code"], match["text"] or ""
    reason, message = _told(said)
    if message and reason != CANCELLED:
        return finding(_OWN_WORDS.get(reason, reason), message)
    if code in _SIGNALLED or reason == CANCELLED:
        return finding(TERMINATED, f"The step was ended from outside (exit code {code})")
    return finding(STEP_FAILED, f"The step ended with exit code {code}; its log may say why")


def _told(said: str) -> tuple[str, str]:
    """Return reason and message of a termination message: a step's is JSON, others' is text."""
    try:
        value = json.loads(said)
        return cut(str(value.get("reason") or STEP_FAILED), _WORD), str(value["message"])
    except (ValueError, AttributeError, KeyError):
        return STEP_FAILED, said


def sayings(pod: Object | None, events: Iterable[Object] = (), message: str = "") -> Iterator[str]:
    """Yield all that is said about a step: by its pod, events about it, its node's message."""
    if pod is not None:
        yield from _pod_sayings(pod)
    yield message
    for event in events:
        if event.get("type") == "Warning":
            yield str(event.get("message", ""))
    if pod is not None and (ended := pods.main_state(pod, "terminated")):
        text = f"main: {ended.get('reason') or 'Error'} (exit code {ended.get('exitCode')})"
        said = ended.get("message")
        yield f"{text}: {said}" if said else text


def of_taken(pod: Object) -> Finding | None:
    """Return by whom a pod was taken away whose step runs, as far as that is known."""
    return known([*_disruption(pod), _DELETED])


def _pod_sayings(pod: Object) -> Iterator[str]:
    status = pod.get("status", {})
    if status.get("reason"):
        yield f"{status['reason']}: {status.get('message', '')}"
    yield from _disruption(pod)
    scheduled = pods.condition(pod, "PodScheduled")
    if scheduled and scheduled["status"] == "False":
        yield f"{scheduled.get('reason', '')}: {scheduled.get('message', '')}"
    if waiting := pods.main_state(pod, "waiting"):
        yield f"{waiting.get('reason', '')}: {waiting.get('message', '')}"
    ended, limit = pods.main_state(pod, "terminated"), pods.memory_limit(pod)
    if ended and ended.get("reason") == "OOMKilled" and limit:
        yield f"OOMKilled: The step needed more memory than its limit of {limit}, and was killed"


def _disruption(pod: Object) -> Iterator[str]:
    """Tell of a pod that is taken away, or whose node does not answer.

    A node's controller marks the pods of a lost node as not ready and gives no reason, while
    ``main`` still counts as running; the kubelet always gives one.
    """
    target = pods.condition(pod, "DisruptionTarget")
    if target and target["status"] == "True":
        lost = target.get("reason") in {"DeletionByTaintManager", "DeletionByPodGC"}
        yield f"{NODE_LOST if lost else EVICTED}: {target.get('message', '')}"
    ready = pods.condition(pod, "Ready")
    unready = ready is not None and ready["status"] == "False" and not ready.get("reason")
    if unready and pods.main_state(pod, "running"):
        yield f"{NODE_LOST}: node {pod['spec'].get('nodeName', '')} does not answer"


def cut(text: str, limit: int = LIMIT) -> str:
    """Return the text in at most so many bytes of UTF-8, whole characters."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode()
    mark = " …"
    return raw[: limit - len(mark.encode())].decode("utf-8", "ignore") + mark
