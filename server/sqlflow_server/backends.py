"""What a server stands on: a runner, the keys of its tokens, and a default data source.

Which one, the settings decide. Each is opened and closed as a whole. The modules of Kubernetes are
imported only where they are used: a local server is installed without them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from sqlflow.errors import UserError
from sqlflow_server.auth.gates import KubernetesGate, OpenGate
from sqlflow_server.limits import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pkg_argo.kube import Kube
    from sqlflow.transcript.positions import Position
    from sqlflow_server.auth.gates import Gate
    from sqlflow_server.metrics import Metrics
    from sqlflow_server.runners.protocol import Runner
    from sqlflow_server.settings import Settings


class Keys(Protocol):
    """What signs fetch tokens and believes them: see :class:`sqlflow.transcript.tokens.KeyRing`."""

    def sign(self, job: str, position: Position) -> str:
        """Return the token for a position in a job's transcript."""

    def verify(self, token: str, *, job: str | None = None) -> tuple[str, Position]:
        """Return the job and the position of a token."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What a server stands on.

    Attributes:
        runner: not yet started.
        keys: sign the tokens.
        data_source: the DSN that stands in for none; empty: one must be named.
        gate: tells who calls, and what they may do.
    """

    runner: Runner
    keys: Keys
    data_source: str
    gate: Gate


@contextlib.asynccontextmanager
async def opened(settings: Settings, metrics: Metrics) -> AsyncIterator[Backend]:
    """Open the backend that the settings name.

    Raises:
        UserError: a setting does not fit.
        UnavailableError: what it stands on can't be reached.
    """
    if settings.job_runner == "local":
        yield _local(settings)
        return
    async with _kubernetes(settings, metrics) as backend:
        yield backend


def _local(settings: Settings) -> Backend:
    from sqlflow_server.runners.local.keys import key_ring
    from sqlflow_server.runners.local.runner import LocalRunner
    from sqlflow_server.runners.local.store import Limits as StoreLimits

    root = settings.state_directory
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = key_ring(root / "keys.json")
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(f"the state directory {root} can't be used: {why}") from error
    default = f"duckdb:///{quote(str(root / 'default.duckdb'))}"
    data_source = settings.data_source.get_secret_value() or default
    runner = LocalRunner(
        root,
        data_source=data_source,
        limits=StoreLimits(
            parallelism=settings.parallelism,
            step_output_limit=settings.step_output_limit,
        ),
        ttl=settings.job_ttl,
    )
    return Backend(runner, keys, data_source, OpenGate())


@contextlib.asynccontextmanager
async def _kubernetes(settings: Settings, metrics: Metrics) -> AsyncIterator[Backend]:
    import socket

    from pkg_argo.kube_api import ApiKube
    from pkg_argo.login import login
    from pkg_argo.streams import ApiStreams
    from sqlflow_server.keys import KeyFolder
    from sqlflow_server.runners.kubernetes.runner import KubernetesRunner

    if settings.token_keys is None:
        raise UserError(
            "SQLFLOW_TOKEN_KEYS is not set: the folder with the keys that sign fetch tokens,"
            " which all replicas share"
        )
    keys = KeyFolder(settings.token_keys)
    data_source = settings.data_source.get_secret_value()
    async with login(connections=settings.max_concurrent_rpcs) as client:
        kube = ApiKube(client)
        runner = KubernetesRunner(
            kube,
            ApiStreams(client),
            namespace=settings.job_namespace,
            data_source=data_source,
            url=settings.workflow_url,
            holder=socket.gethostname(),
        )
        yield Backend(runner, keys, data_source, _gate(settings, kube, metrics))


def _gate(settings: Settings, kube: Kube, metrics: Metrics) -> Gate:
    from sqlflow_server.auth.reviews import Reviews

    if settings.auth == "none":
        return OpenGate()
    reviews = Reviews(
        kube,
        namespace=settings.job_namespace,
        audience=settings.auth_audience,
        keep=settings.auth_cache,
        metrics=metrics,
    )
    limits = Limits(
        calls=settings.max_calls_per_caller,
        jobs=settings.max_jobs_per_caller,
        runs_per_minute=settings.runs_per_minute,
        bad_tokens_per_minute=settings.bad_tokens_per_minute,
    )
    return KubernetesGate(reviews, limits)
