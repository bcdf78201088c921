"""One look at a job: see what there is, decide, act. What the queue's workers do with a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from pkg_argo.kube_errors import ChangedError
from sqlflow.errors import BusyError, SQLFlowError
from sqlflow_operator.memory import Begun
from sqlflow_operator.observing import observe
from sqlflow_operator.reconciling import reconcile

if TYPE_CHECKING:
    from pkg_argo.kube import Kube
    from sqlflow_operator.acting import Actor, Outcome
    from sqlflow_operator.memory import Memory
    from sqlflow_operator.metrics import Metrics
    from sqlflow_operator.reconciling import Observation, Policy

_TRIES: Final = 5
_RUSH: Final = timedelta(seconds=0.2)
"""So close upon each other Workflows are made in a rush."""
_LATER: Final = 0.5
"""Seconds for which a job that has its Workflow is put off in a rush, so that others get theirs."""
_PATIENCE: Final = timedelta(seconds=5)
"""For how long in all: a rush that does not end must not keep a job from beginning."""

log = structlog.get_logger()


class Key(NamedTuple):
    """A job, by name: what it is now is read at each look."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Looks at jobs. In a rush, each gets its Workflow before any gets the rest."""

    kube: Kube
    actor: Actor
    policy: Policy
    memory: Memory
    metrics: Metrics

    async def look(self, key: Key) -> float | None:
        """See to a job; return after how many seconds to look again, None if an event will tell.

        Raises:
            SQLFlowError: it could not be seen to, and has to be looked at again.
        """
        bound = structlog.contextvars.bound_contextvars(namespace=key.namespace, job=key.name)
        with bound, self.metrics.seconds.time():
            try:
                again = await self._look(key)
            except SQLFlowError as error:
                self.metrics.looks.labels("error").inc()
                log.warning("look failed", error=str(error))
                raise
            except Exception:
                self.metrics.looks.labels("error").inc()
                log.exception("look failed")
                raise
            self.metrics.looks.labels("ok").inc()
            return again

    async def _look(self, key: Key) -> float | None:
        """Look until nobody writes to the job in between."""
        for _ in range(_TRIES):
            try:
                return await self._once(key)
            except ChangedError:
                self.metrics.looks.labels("conflict").inc()
        raise BusyError("the job is written to all the time")

    async def _once(self, key: Key) -> float | None:
        begun = self.memory.begun.pop(key, None)
        if key in self.memory.new:
            begun = None  # It was told of while its Workflow was made: it may have changed.
        if begun and self._put_off(key, begun):
            return _LATER
        seen = begun.seen if begun else await self._seen(key)
        while seen is not None:
            actions = reconcile(seen, now=self.actor.clock(), policy=self.policy)
            meta = seen.job.metadata
            known = self.memory.of(meta.namespace, meta.name, meta.uid)
            outcome = await self.actor.perform(seen.job, actions, known.written)
            if not (outcome.workflow or outcome.obstacle):
                return outcome.again
            seen = _with(seen, outcome)
            if outcome.workflow and not outcome.obstacle:
                begun = Begun(seen, self.actor.clock())
                put_off = self._put_off(key, begun)
                self.memory.begun_at = begun.at
                if put_off:
                    return _LATER
        return None

    async def _seen(self, key: Key) -> Observation | None:
        now = self.actor.clock()
        return await observe(self.kube, self.memory, key.namespace, key.name, now=now)

    def _put_off(self, key: Key, begun: Begun) -> bool:
        """Keep what is seen of a job that has its Workflow for later, if others have none yet."""
        now, last = self.actor.clock(), self.memory.begun_at
        others = any(it != key for it in self.memory.new)
        rush = others or (last is not None and now - last < _RUSH)
        if rush and now - begun.at < _PATIENCE:
            self.memory.begun[key] = begun
            return True
        return False


def _with(seen: Observation, outcome: Outcome) -> Observation:
    """Return what is seen after a Workflow was made, or something could not be."""
    made = replace(seen.seen, workflow=outcome.workflow or seen.seen.workflow)
    return replace(seen, seen=made, obstacle=outcome.obstacle)
