"""The status that is derived from each recording of a real cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pkg_argo.statuses import derive
from tests.unit.pkg_argo.recordings import URL, at, job, names, recording

if TYPE_CHECKING:
    from pkg_argo.job import JobStatus

PULL = "Check the image's name and that the nodes may pull it"
RESIZE = "Ask for less in stepDefaults or SET step, or give the cluster a fitting node"
CREATE = "Create the Secret in the job's namespace; the step then goes on by itself"
AGAIN = (
    "It is not run again by itself, for it may have written: look at the tables before a new job"
)
RAISE = "Raise activeDeadlineSeconds or make the program smaller"
FULL = (
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
    "1 No preemption victims found for incoming pod"
)
ABSENT = 'failed to resolve reference "sqlflow.local/nosuch:1": sqlflow.local/nosuch:1: not found'
UNPACK = f'failed to pull and unpack image "sqlflow.local/nosuch:1": {ABSENT}'
RPC = f"rpc error: code = NotFound desc = {UNPACK}"
NAME = (
    'InvalidImageName: Failed to apply default image tag "UPPER CASE": couldn\'t parse image name '
    '"UPPER CASE": invalid reference format: repository name (library/UPPER CASE) must be lowercase'
)
NEVER = (
    'ErrImageNeverPull: Container image "sqlflow.local/nosuch:2" is not present with pull policy '
    "of Never"
)
QUOTA = "exceeded quota: no-pods, requested: pods=1, used: pods=0, limited: pods=0"
WAITING = {
    "unschedulable": ("Unschedulable", f"{FULL}. {RESIZE}"),
    "deleted-waiting-before": ("Unschedulable", f"{FULL}. {RESIZE}"),
    "shutdown-waiting-before": ("Unschedulable", f"{FULL}. {RESIZE}"),
    "deleted-waiting": ("Unschedulable", f"{FULL}. {RESIZE}"),
    "pull-first": ("ImagePullBackOff", f"ErrImagePull: {RPC}. {PULL}"),
    "pull": (
        "ImagePullBackOff",
        f'Back-off pulling image "sqlflow.local/nosuch:1": ErrImagePull: {RPC}. {PULL}',
    ),
    "pull-name": ("ImagePullBackOff", f"{NAME}. {PULL}"),
    "pull-never": ("ImagePullBackOff", f"{NEVER}. {PULL}"),
    "secret": ("SecretNotFound", f'secret "nosuch" not found. {CREATE}'),
    "secret-env": ("SecretNotFound", f'secret "nosuch" not found. {CREATE}'),
    "quota": (
        "QuotaExceeded",
        f"{QUOTA}. Wait for other pods to end, raise the namespace's quota, or ask for less",
    ),
}
RUNNING = ["success-running", "deleted-before", "shutdown-before", "stubborn-before"]
MUST = (
    'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" '
    "must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
    '(container "main" must set securityContext.capabilities.drop=["ALL"])'
)
MAY_NOT = (
    "workflowtaskresults.argoproj.io is forbidden: User "
    '"system:serviceaccount:sqlflow-recording:powerless" cannot create resource '
    '"workflowtaskresults" in API group "argoproj.io" in the namespace "sqlflow-recording"'
)
LONG = "Pod was active on the node longer than the specified deadline"
FAILED = {
    "exit": ("StepFailed", "no table"),
    "retry": ("StepFailed", "The step ended with exit code 3; its log may say why"),
    "wordy": ("StepFailed", "x" * 1020 + " …"),
    "oom": (
        "OOMKilled",
        (
            "The step needed more memory than it may use, and was killed. "
            "Give the step more memory in stepDefaults or by SET step.memory"
        ),
    ),
    "evicted": (
        "Evicted",
        (
            'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". The node ran short of what '
            "the pod used: ask for more memory or disk, and run again"
        ),
    ),
    "deleted": ("PodDeleted", f"The step's pod was deleted before the step was done. {AGAIN}"),
    "deadline": ("DeadlineExceeded", f"{LONG}. {RAISE}"),
    "deadline-step": ("DeadlineExceeded", f"{LONG}. {RAISE}"),
    "insecure": (
        "PodSecurity",
        (
            f"{MUST}. The pod's template does not fit the namespace's Pod Security level: "
            "an administrator has to change one of the two"
        ),
    ),
    "forbidden": (
        "ExecutorForbidden",
        (
            f"{MAY_NOT}. Argo's executor may not report results: give the step's service account "
            "a Role with create and patch on workflowtaskresults, as the Helm chart does"
        ),
    ),
}
OTHERS = [
    "success",
    "refused",
    "retry-success",
    "shutdown",
    "shutdown-waiting",
    "stubborn",
    "stubborn-alive",
]


def derived(name: str, **spec: Any) -> JobStatus:
    shot = recording(name)
    return derive(job(**spec), shot.seen, now=shot.now, url=URL)


def test_every_recording_is_expected_something_of() -> None:
    assert names() == sorted([*WAITING, *RUNNING, *FAILED, *OTHERS])


@pytest.mark.parametrize("name", WAITING)
def test_a_pod_that_does_not_start_says_why_and_what_to_do(name) -> None:
    status = derived(name)
    (step,) = status.steps
    reason, message = WAITING[name]
    assert (step.phase, step.reason, step.message) == ("Pending", reason, message)
    assert (status.phase, status.reason) == ("Pending", reason)
    assert status.message == f"step s01-select, line 1: {message}"
    assert stalled(status) == ("True", reason, status.message)
    assert (step.attempt, step.started_at, status.started_at) == (0, None, None)


@pytest.mark.parametrize("name", RUNNING)
def test_a_running_step_needs_no_reason(name) -> None:
    status = derived(name)
    assert (status.phase, status.reason, status.message) == ("Running", "", "")
    assert (status.step, status.steps[0].phase) == ("s01-select", "Running")
    assert stalled(status) == ("False", "Running", "")


@pytest.mark.parametrize("name", FAILED)
def test_a_failed_step_says_why_and_what_to_do(name) -> None:
    status = derived(name)
    (step,) = status.steps
    reason, message = FAILED[name]
    assert (step.phase, step.reason, step.message) == ("Failed", reason, message)
    assert (status.phase, status.reason) == ("Failed", reason)
    assert status.message == f"step s01-select, line 1: {message}"
    assert (status.step, status.progress) == ("s01-select", "0/1")
    assert stalled(status) == ("False", "Failed", "")


@pytest.mark.parametrize("name", sorted(FAILED.keys() - {"evicted"}))
def test_why_a_step_failed_survives_its_pod(name) -> None:
    shot = recording(name)
    shot.seen.pods[:] = []  # type: ignore[index]
    (step,) = derive(job(), shot.seen, now=shot.now).steps
    reason = FAILED[name][0]
    assert (step.phase, step.reason) == ("Failed", reason)


def test_a_program_that_succeeded() -> None:
    status = derived("success")
    assert status.to_dict() == {
        "phase": "Succeeded",
        "observedGeneration": 2,
        "conditions": [
            condition("Accepted", "True", "Planned"),
            condition("WorkflowCreated", "True", "Created"),
            condition("Succeeded", "True", "Succeeded"),
            condition("Stalled", "False", "Succeeded"),
        ],
        "workflow": {
            "name": "success",
            "uid": recording("success").seen.workflow["metadata"]["uid"],  # type: ignore[index]
            "url": "https://argo.example/workflows/sqlflow-recording/success",
        },
        "steps": [
            {
                "id": "s01-select",
                "kind": "standard",
                "phase": "Succeeded",
                "pod": "success-s01-select-82666439",
                "attempt": 1,
                "startedAt": "2026-11-23T01:10:30Z",
                "finishedAt": "2026-11-23T01:10:35Z",
            },
            {
                "id": "s02-train",
                "kind": "standard",
                "phase": "Succeeded",
                "pod": "success-s02-train-869234678",
                "attempt": 1,
                "startedAt": "2026-11-23T01:10:42Z",
                "finishedAt": "2026-11-23T01:10:44Z",
            },
        ],
        "progress": "2/2",
        "startedAt": "2026-11-23T01:10:30Z",
        "finishedAt": "2026-11-23T01:10:46Z",
    }


def condition(kind: str, status: str, reason: str) -> dict[str, object]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "observedGeneration": 2,
        "lastTransitionTime": recording("success").now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_a_refused_statement_is_named_with_its_line_and_what_the_database_said() -> None:
    status = derived("refused")
    assert (status.phase, status.reason, status.progress) == ("Failed", "StepFailed", "1/3")
    assert status.message == "step s02-train, line 3: Table 'iris.trian' does not exist"
    assert status.step == "s02-train"
    assert [(s.id, s.phase, s.reason, s.message) for s in status.steps] == [
        ("s01-select", "Succeeded", "", ""),
        ("s02-train", "Failed", "STATEMENT_FAILED", "Table 'iris.trian' does not exist"),
        ("s03-select", "Skipped", "StepFailed", ""),
    ]


def test_a_step_that_succeeds_at_its_second_attempt_has_succeeded() -> None:
    status = derived("retry-success")
    (step,) = status.steps
    assert (status.phase, step.phase, step.attempt, step.reason) == (
        "Succeeded",
        "Succeeded",
        2,
        "",
    )
    assert step.pod == "retry-success-s01-select-1740536660"
    assert step.started_at == at("2026-11-23T01:04:51Z")


def test_a_step_that_failed_twice_has_made_two_attempts() -> None:
    (step,) = derived("retry").steps
    assert (step.attempt, step.pod) == (2, "retry-s01-select-3825478886")


@pytest.mark.parametrize("cancel", ["Graceful", "Immediate"])
def test_a_cancelled_job_is_cancelled_when_its_program_is_dead(cancel) -> None:
    status = derived("shutdown", cancel=cancel)
    (step,) = status.steps
    assert (status.phase, status.reason) == ("Cancelled", "Cancelled")
    assert status.message == "The job was cancelled"
    assert (step.phase, step.reason) == ("Cancelled", "Cancelled")
    assert step.finished_at == at("2026-11-23T01:05:12Z")


def test_a_program_that_ignores_sigterm_keeps_its_job_running() -> None:
    status = derived("stubborn-alive", cancel="Graceful")
    (step,) = status.steps
    assert (status.phase, status.reason, status.finished_at) == ("Running", "Cancelled", None)
    assert status.message == (
        "The job is being cancelled; waits for the end of stubborn-s01-select-2632991889"
    )
    assert (step.phase, step.finished_at) == ("Running", None)


def test_the_job_ended_when_its_last_program_did_not_when_argo_said_so() -> None:
    status = derived("stubborn", cancel="Graceful")
    assert (status.phase, status.finished_at) == ("Cancelled", at("2026-11-23T01:05:52Z"))


def test_a_step_that_could_not_be_scheduled_is_cancelled_with_its_job() -> None:
    status = derived("shutdown-waiting", cancel="Immediate")
    assert (status.phase, status.reason, status.progress) == ("Cancelled", "Cancelled", "0/2")
    assert [(step.phase, step.reason) for step in status.steps] == [
        ("Cancelled", "Cancelled"),
        ("Skipped", "Cancelled"),
    ]


def test_a_shutdown_by_argos_own_tools_cancels_the_job_and_is_told() -> None:
    status = derived("shutdown")
    assert (status.phase, status.reason) == ("Cancelled", "Cancelled")
    assert status.message == "The job was cancelled by a shutdown of its Workflow"


def stalled(status: JobStatus) -> tuple[str, str, str]:
    (found,) = (c for c in status.conditions if c.type == "Stalled")
    return found.status, found.reason, found.message
