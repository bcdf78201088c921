"""An API server in memory that reviews tokens and rights, and a call to a server of ours."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlflow_server.auth.gates import KubernetesGate
from sqlflow_server.auth.reviews import Reviews
from sqlflow_server.limits import Limits
from sqlflow_server.metrics import Metrics

from pkg_argo.kube import ACCESS_REVIEWS, TOKEN_REVIEWS

if TYPE_CHECKING:
    from pkg_argo.kube import Object, Resource

NO_LIMITS = Limits(calls=0, jobs=0, runs_per_minute=0, bad_tokens_per_minute=0)


class Reviewer:
    """The part of :class:`pkg_argo.kube.Kube` that is asked here.

    Attributes:
        users: by their tokens.
        rights: user, verb and job of what is allowed; an empty job: any.
        asked: the specs of all reviews, in order.
        fault: raised instead of an answer.
    """

    def __init__(self) -> None:
        self.users = {"alice-token": "alice", "bob-token": "bob"}
        self.rights: set[tuple[str, str, str]] = set()
        self.asked: list[Any] = []
        self.fault: Exception | None = None
        self.audiences: list[str] = []

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        assert not dry_run
        self.asked.append(body["spec"])
        if self.fault:
            raise self.fault
        if resource == TOKEN_REVIEWS:
            return body | {"status": self._token(body["spec"]["token"])}
        assert resource == ACCESS_REVIEWS
        return body | {"status": {"allowed": self._may(body["spec"])}}

    def _token(self, token: str) -> Object:
        if token not in self.users:
            return {"user": {}, "error": f"invalid bearer token {token}"}
        user = {"username": self.users[token], "groups": ["people"], "extra": {"k": ["v"]}}
        return {"authenticated": True, "user": user, "audiences": self.audiences}

    def _may(self, spec: Object) -> bool:
        what = spec["resourceAttributes"]
        wanted = {(spec["user"], what["verb"], name) for name in ("", what.get("name", ""))}
        return bool(self.rights & wanted)


class Call:
    """What a gate sees of a call."""

    def __init__(self, *metadata: tuple[str, str | bytes], peer: str = "ipv4:10.0.0.1:4711"):
        self._metadata, self._peer = metadata, peer

    def invocation_metadata(self) -> Any:
        return self._metadata

    def peer(self) -> str:
        return self._peer


def bearing(token: str, **more: str) -> Call:
    return Call(("authorization", f"Bearer {token}"), **more)


def reviews_of(
    kube: Any, *, audience: str = "", keep: float = 60.0, metrics: Metrics | None = None
) -> Reviews:
    return Reviews(
        kube, namespace="jobs", audience=audience, keep=keep, metrics=metrics or Metrics()
    )


def gate_of(kube: Any, limits: Limits = NO_LIMITS, **more: Any) -> KubernetesGate:
    return KubernetesGate(reviews_of(kube, **more), limits)


class Clock:
    """A time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now
