"""What has to hold before the operator begins, and how it tells of what does not: in one line.

What would go wrong without an error is looked for: a watch that is forbidden is only never heard
of, and a template that Argo does not take would fail the first job, which can't help it.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Final, NoReturn

from pydantic import ValidationError

from pkg_argo import sample
from pkg_argo.kube import JOBS, PODS, WORKFLOWS
from pkg_argo.kube_errors import LoginError, RefusedError, UnauthorizedError
from pkg_argo.templates import STEP, WORKFLOW, TemplateError, Templates
from pkg_argo.workflows import WorkflowSettings
from sqlflow.errors import UnavailableError, UserError, rule_for
from sqlflow_operator.metrics import ListenError

if TYPE_CHECKING:
    from pkg_argo.kube import Kube
    from sqlflow_operator.settings import Settings

_CONFIGURATION: Final = 2
"""The exit code where the operator's own settings have to change."""
_UNKNOWN_FIELD: Final = frozenset({400, 422})
_NOT_FOUND: Final = 404
_FORBIDDEN: Final = 403
_CRD: Final = "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
_RIGHTS: Final = "the chart gives the operator's account all rights of docs/operator.md"


class RightsError(UserError):
    """The operator's account may not do what it has to."""


def workflow_settings(settings: Settings) -> WorkflowSettings:
    """Return how Workflows are built.

    Raises:
        TemplateError: the administrator's templates are not there, or wrong.
    """
    folder = settings.templates
    made = WorkflowSettings(
        image=settings.step_image,
        service_account=settings.step_service_account,
        templates=Templates(folder),
    )
    if folder is None:
        return made
    if not any((folder / name).is_file() for name in (STEP, WORKFLOW)):
        raise TemplateError(f"{folder}: expected {STEP} or {WORKFLOW} in it")
    try:
        sample.workflow(made)
    except TemplateError as error:
        raise TemplateError(f"{folder}: {error}") from error
    return made


async def check(kube: Kube, settings: Settings, workflow: WorkflowSettings) -> None:
    """Look for what would go wrong later and tell nobody.

    Raises:
        RightsError: a watch is forbidden.
        TemplateError: Argo does not take what the administrator's templates make.
    """
    for namespace in settings.namespaces or ("",):
        for resource in (JOBS, WORKFLOWS, PODS):
            if not await kube.may("watch", resource, namespace):
                where = f"namespace {namespace}" if namespace else "all namespaces"
                raise RightsError(f"may not watch {resource.plural} of {where}")
    if settings.templates is not None:
        await _try(kube, settings, workflow)


async def _try(kube: Kube, settings: Settings, workflow: WorkflowSettings) -> None:
    """Have the API server judge a sample. What else it may say, of a quota, is not of templates."""
    [namespace, *_] = settings.namespaces or ("default",)
    body = sample.workflow(workflow, namespace=namespace)
    try:
        await kube.create(WORKFLOWS, body, dry_run=True)
    except RefusedError as error:
        if error.status in _UNKNOWN_FIELD:
            text = f"{settings.templates}: Argo takes no Workflow that is made of them"
            raise TemplateError(f"{text}: {error.detail}") from error


def end(error: Exception) -> NoReturn:
    """Say why the operator can't start, in a line, and end the process.

    Raises:
        SystemExit: with the exit code.
    """
    print(f"sqlflow-operator: can't start: {told(error)}", file=sys.stderr)  # noqa: T201 - it is no event of a running operator
    # kopf, which is left in the middle of its start, has made a coroutine that it never runs.
    warnings.simplefilter("ignore", RuntimeWarning)
    configuration = isinstance(error, ValidationError | TemplateError)
    raise SystemExit(_CONFIGURATION if configuration else rule_for(error).exit_code.value)


def told(error: Exception) -> str:
    """Return what is wrong, where, and what to do."""
    if isinstance(error, ValidationError):
        return "; ".join(_setting(it["loc"][0], it["msg"]) for it in error.errors())
    text = str(error).replace("\n", " ")
    return f"{text}. {advice}" if (advice := _advice(error)) else text


def _setting(name: object, message: str) -> str:
    return f"SQLFLOW_OPERATOR_{str(name).upper()}: {message.removeprefix('Value error, ')}"


def _advice(error: Exception) -> str:
    match error:
        case LoginError():
            return (
                "Name a kubeconfig in KUBECONFIG, or run the operator in a pod, as the chart does"
            )
        case TemplateError():
            return "What templates may say is in docs/operator.md, Changing the Workflow"
        case RefusedError(status=status) if status == _NOT_FOUND:
            return f"Install the type: SQLFlowJob is in {_CRD}, Workflow comes with Argo Workflows"
        case RightsError():
            return f"Grant it: {_RIGHTS}"
        case RefusedError(status=status) if status == _FORBIDDEN:
            return f"Grant it: {_RIGHTS}"
        case UnauthorizedError():
            return "The API server does not know this login: it may have expired"
        case UnavailableError():
            return "Check that the API server is up, and reached from here"
        case ListenError():
            return "Set another port in SQLFLOW_OPERATOR_METRICS_PORT or SQLFLOW_OPERATOR_LIVENESS"
        case _:
            return ""
