"""The handlers: kopf watches, and what it hears of becomes the key of a job on the queue.

Not so what the operator itself has just written, nor what becomes of the parts of a job that is
over: of these no look would see more than the last one did.

Server-side selectors admit the Workflows and pods of jobs only. kopf writes nothing: ``on.event``
needs no finalizer and leaves no annotation, and its own Events are switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import kopf
from pydantic import ValidationError

from pkg_argo import names
from pkg_argo.kube import JOBS, PODS, WORKFLOWS
from sqlflow.errors import SQLFlowError
from sqlflow_operator import starting
from sqlflow_operator.looking import Key
from sqlflow_operator.operators import Operator
from sqlflow_operator.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkg_argo.kube import Resource

# A watch is closed by the server after five minutes; one that is silent for longer than the
# server's bookmarks allow is dead, and is opened again.
_SERVER: Final = 300
_CLIENT: Final = 330
_SILENT: Final = 70
_CONNECT: Final = 10
_REQUEST: Final = 30
# An API server may be away for an hour. To end before that would help nobody: the next process
# would not start without it, and Kubernetes waits ever longer with each one.
_AWAY: Final = (1, 1, 2, 3, 5, 8, 13, 21, *(30,) * 120)
# Argo and the kubelet change things in bursts.
_GATHER: Final = 0.25


def register(registry: kopf.OperatorRegistry | None = None) -> None:
    """Hand the handlers to kopf: to the registry that ``kopf run`` uses, if none is given."""
    kopf.on.startup(registry=registry, errors=kopf.ErrorsMode.PERMANENT)(_start)
    kopf.on.cleanup(registry=registry)(_stop)
    kopf.on.probe(registry=registry, id="operator", errors=kopf.ErrorsMode.PERMANENT)(_probe)
    kopf.on.event(JOBS.group, JOBS.version, JOBS.plural, registry=registry)(_job)
    for resource in (WORKFLOWS, PODS):
        where = [part for part in (resource.group, resource.version, resource.plural) if part]
        kopf.on.event(*where, registry=registry, param=resource)(_part)


async def _start(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Start the operator. What keeps it from starting is told by us, not as kopf would."""
    try:
        own = from_environment()
        configure(settings)
        memo.operator = await Operator.start(own)
    except (ValidationError, SQLFlowError) as error:
        starting.end(error)


async def _stop(memo: kopf.Memo, **_: Any) -> None:
    operator: Operator | None = memo.get("operator")
    if operator is not None:
        await operator.stop()


def configure(settings: kopf.OperatorSettings) -> None:
    """Set kopf up."""
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.connect_timeout = _CONNECT
    settings.networking.request_timeout = _REQUEST
    settings.networking.error_backoffs = _AWAY
    settings.watching.server_timeout = _SERVER
    settings.watching.client_timeout = _CLIENT
    settings.watching.inactivity_timeout = _SILENT
    settings.watching.chunk_size = 100
    settings.queueing.exit_timeout = 0.5  # Our handlers are done at once.
    settings.persistence.diffbase_storage = _NothingKept()
    for resource in (WORKFLOWS, PODS):
        selector = names.JOB_UID_LABEL
        settings.watching.label_selectors[_same(resource)] = selector


class _NothingKept(kopf.DiffBaseStorage):
    """Has kopf copy and compare nothing: handlers of events are not told what has changed."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        pass


def _same(resource: Resource) -> Any:
    return lambda it: it.group == resource.group and it.plural == resource.plural


async def _probe(memo: kopf.Memo, **_: Any) -> str:
    operator: Operator = memo.operator
    if wrong := operator.problems():
        raise kopf.PermanentError("; ".join(wrong))
    return "ok"


async def _job(
    memo: kopf.Memo, meta: Mapping[str, Any], event: Mapping[str, Any], **_: Any
) -> None:
    operator: Operator = memo.operator
    operator.heard(JOBS, meta)
    if not (operator.memory.is_echo(meta) or operator.memory.is_over(meta)):
        operator.memory.news(event["object"], gone=event["type"] == "DELETED")
        operator.queue.add(Key(meta["namespace"], meta["name"]))


async def _part(memo: kopf.Memo, meta: Mapping[str, Any], param: Any = None, **_: Any) -> None:
    operator: Operator = memo.operator
    operator.heard(param, meta)
    job = meta.get("labels", {}).get(names.JOB_LABEL)
    if job and not operator.memory.is_no_news(param.kind, meta):
        operator.queue.add(Key(meta["namespace"], job), delay=_GATHER)
