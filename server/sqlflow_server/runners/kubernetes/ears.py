"""What is heard of the steps of jobs: who reads one has its pods listened to from then on.

The mirror tells which pods there are, the tails what they have said. A pod that neither has may be
gone, or new to the mirror: the API server knows. One that is gone, unheard, is remembered as
:class:`~sqlflow_server.runners.kubernetes.reading.Lost`, so it is asked for once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pkg_argo import pods
from pkg_argo.kube import PODS
from sqlflow.transcript import pages
from sqlflow_server.runners.kubernetes.reading import Lost, Views, newest

if TYPE_CHECKING:
    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube
    from pkg_argo.tailing import Tail
    from pkg_argo.tails import Tails
    from sqlflow.transcript.positions import Position
    from sqlflow.transcript.views import Page
    from sqlflow_server.runners.kubernetes.mirrors import Mirrors
    from sqlflow_server.runners.protocol import JobSnapshot, PageQuery, StepSnapshot


class Ears:
    """Hear the steps of jobs, and cut pages of what they say."""

    def __init__(self, kube: Kube, mirrors: Mirrors, tails: Tails) -> None:
        self._kube, self._mirrors, self._tails = kube, mirrors, tails
        self._lost: defaultdict[str, dict[str, Lost]] = defaultdict(dict)

    def page(self, job: JobSnapshot, query: PageQuery, position: Position) -> Page:
        """Return what there is after a position; it may be nothing."""
        views = Views(job, position, lambda step: self._heard(job.incarnation, step))
        return pages.cut(
            views, views.end(), position, streams=query.streams, max_bytes=query.max_bytes
        )

    async def look_for_pod(self, job: SQLFlowJob, now: JobSnapshot, position: Position) -> None:
        """Find out whether the pod of a step's last attempt is gone, where the mirror has none.

        Raises:
            UnavailableError: the API server does not answer.
        """
        if not 1 <= position.step <= len(now.steps):
            return
        step, meta = now.steps[position.step - 1], job.metadata
        attempt = max(step.attempt, 1)
        if not (step.phase.final and step.started) or self._newest(meta.uid, step) >= attempt:
            return
        name = next((it.pod for it in job.status.steps if it.id == step.id), "")
        found = await self._kube.get(PODS, meta.namespace, name) if name else None
        if found is not None and pods.job_uid(found) == meta.uid:
            self._tails.of(found)
        if self._newest(meta.uid, step) < attempt:
            self._lost[meta.uid][step.id] = Lost.of(attempt)

    def forget(self, uid: str) -> None:
        """Forget a job that is gone."""
        self._lost.pop(uid, None)

    def _heard(self, uid: str, step: StepSnapshot) -> list[Tail | Lost]:
        """Return what is heard of a step; its pods are listened to from now on."""
        for pod in self._mirrors.pods_of(uid, step.id):
            self._tails.of(pod)
        heard: list[Tail | Lost] = [*self._tails.kept(uid, step.id)]
        lost = self._lost[uid].get(step.id) if uid in self._lost else None
        if lost and lost.spool.attempt > newest(heard):
            heard.append(lost)
        return heard

    def _newest(self, uid: str, step: StepSnapshot) -> int:
        return newest(self._heard(uid, step))
