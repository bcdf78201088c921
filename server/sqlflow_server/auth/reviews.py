"""Asks the API server who a token is of, and what that user may do.

A token is in the request to the API server and nowhere else: not in a message, a log, or the cache,
which knows it by a hash. Without an answer from the API server, nobody may do anything.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import structlog

from pkg_argo.kube import ACCESS_REVIEWS, JOBS, TOKEN_REVIEWS
from sqlflow.errors import SQLFlowError, UnavailableError
from sqlflow_server.auth.caches import Cache
from sqlflow_server.auth.callers import Caller

if TYPE_CHECKING:
    from pkg_argo.kube import Kube, Object, Resource
    from sqlflow_server.auth.callers import Verb
    from sqlflow_server.metrics import Metrics

REFUSED_FOR: Final = 5.0
"""Seconds for which a no is kept: a right that was just given is soon seen."""

_log = structlog.get_logger(__name__)


class Reviews:
    """The API server's answers, kept for a while.

    Args:
        kube: the API server.
        namespace: of the jobs.
        audience: that tokens have to be meant for; empty: the API server's own.
        keep: seconds for which a yes is kept.
        metrics: are told of each question.
    """

    def __init__(
        self, kube: Kube, *, namespace: str, audience: str, keep: float, metrics: Metrics
    ) -> None:
        self._kube, self._namespace, self._audience = kube, namespace, audience
        self._metrics = metrics

        def seconds(answer: object) -> float:
            return keep if answer else min(keep, REFUSED_FOR)

        self._callers: Cache[Caller | None] = Cache(seconds)
        self._rights: Cache[bool] = Cache(seconds)

    def known(self, token: str) -> tuple[Caller | None] | None:
        """Return what is known of a token without asking, in a tuple."""
        known = self._callers.kept(_hash(token))
        if known:
            self._metrics.reviews.labels("token", "kept").inc()
        return known

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is; None if it is not valid.

        Raises:
            UnavailableError: the API server did not say.
        """

        async def ask() -> Caller | None:
            answer = await self._ask(TOKEN_REVIEWS, token_review(token, self._audience))
            caller = caller_of(answer, self._audience)
            self._metrics.reviews.labels("token", "yes" if caller else "no").inc()
            return caller

        return await self._callers.get(_hash(token), ask)

    async def allowed(self, caller: Caller, verb: Verb, job: str) -> bool:
        """Whether somebody may do something with a job, or with jobs if none is named.

        Raises:
            UnavailableError: the API server did not say.
        """

        async def ask() -> bool:
            body = access_review(caller, verb, namespace=self._namespace, job=job)
            answer = await self._ask(ACCESS_REVIEWS, body)
            allowed = answer.get("status", {}).get("allowed") is True
            self._metrics.reviews.labels("access", "yes" if allowed else "no").inc()
            return allowed

        key = (caller, verb, job)
        if kept := self._rights.kept(key):
            self._metrics.reviews.labels("access", "kept").inc()
            return kept[0]
        return await self._rights.get(key, ask)

    async def _ask(self, resource: Resource, body: Object) -> Object:
        try:
            return await self._kube.create(resource, body)
        except SQLFlowError as error:
            # Whatever is wrong is between this server and the API server. What that says of a
            # review is not passed on: it might repeat what it was asked.
            self._metrics.reviews.labels(_WHAT[resource.kind], "failed").inc()
            _log.error("no answer to a review", kind=resource.kind, error=type(error).__name__)
            raise UnavailableError(
                "the Kubernetes API server does not say who you are or what you may do; try again"
            ) from None


_WHAT: Final = {TOKEN_REVIEWS.kind: "token", ACCESS_REVIEWS.kind: "access"}


def token_review(token: str, audience: str) -> Object:
    """Return the question whose token it is."""
    spec: dict[str, Any] = {"token": token}
    if audience:
        spec["audiences"] = [audience]
    return {
        "apiVersion": TOKEN_REVIEWS.api_version,
        "kind": TOKEN_REVIEWS.kind,
        "spec": spec,
    }


def caller_of(answer: Object, audience: str) -> Caller | None:
    """Return whom a TokenReview vouches for."""
    status = answer.get("status") or {}
    user = status.get("user") or {}
    if status.get("authenticated") is not True or not user.get("username"):
        return None
    # An authenticator that knows of no audiences names none: its yes is not meant for us.
    if audience and audience not in (status.get("audiences") or ()):
        return None
    extra = sorted((user.get("extra") or {}).items())
    return Caller(
        name=user["username"],
        uid=user.get("uid", ""),
        groups=tuple(user.get("groups") or ()),
        extra=tuple((name, tuple(values)) for name, values in extra),
    )


def access_review(caller: Caller, verb: Verb, *, namespace: str, job: str) -> Object:
    """Return the question whether somebody may do something."""
    attributes = {
        "group": JOBS.group,
        "resource": JOBS.plural,
        "namespace": namespace,
        "verb": verb.value,
    }
    return {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.kind,
        "spec": {
            "user": caller.name,
            "uid": caller.uid,
            "groups": list(caller.groups),
            "extra": {name: list(values) for name, values in caller.extra},
            "resourceAttributes": attributes | ({"name": job} if job else {}),
        },
    }


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
