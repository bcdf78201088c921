"""The server's settings: environment variables ``SQLFLOW_…``, explained in docs/server.md."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DAY = 24 * 3600.0


def _state_directory() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "sqlflow"


class Settings(BaseSettings):
    """What an administrator decides. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="SQLFLOW_", frozen=True)

    insecure_listen: bool = False
    """Serve without authentication at an address that other machines reach. Refused otherwise."""

    auth: Literal["kubernetes", "none"] = "none"
    """How callers prove who they are: ``kubernetes``, by a token that the API server knows."""

    auth_audience: str = ""
    """Kubernetes: what a token must be meant for; empty: the API server itself."""

    auth_cache: float = Field(default=60.0, ge=0, le=60)
    """For how long the API server's word on a token, or on a right, is kept."""

    tls_certificate: Path | None = None
    """File with the certificate to serve with, and its chain, in PEM form; none: no TLS."""

    tls_key: Path | None = None
    """File with the certificate's key."""

    tls_client_ca: Path | None = None
    """File with the authorities that sign clients' certificates; then each client needs one."""

    listen: str = "127.0.0.1:50051"
    """Address and port to serve at; port 0 takes a free one."""

    advertise: str = ""
    """HOST:PORT in monitor URLs, where clients reach this server; empty: the address served at."""

    job_runner: Literal["kubernetes", "local"] = "local"
    """Where jobs run: ``local``, as processes of this machine; ``kubernetes``, as SQLFlowJobs."""

    job_namespace: str = "default"
    """Kubernetes: the namespace of the jobs."""

    token_keys: Path | None = None
    """Kubernetes: the folder with the keys that sign fetch tokens, such as a mounted Secret."""

    workflow_url: str = ""
    """Kubernetes: where a Workflow is shown, with ``{namespace}`` and ``{name}``; empty: none."""

    state_directory: Path = Field(default_factory=_state_directory)
    """Where the local runner keeps jobs, keys and the default database. A local disk."""

    data_source: SecretStr = SecretStr("")
    """DSN for programs that name none; empty: ``default.duckdb`` in the state directory, and with
    the runner ``kubernetes`` none: each program has to name its own."""

    parallelism: int = Field(default=4, ge=1, le=64)
    """How many statements of one job may run at the same time."""

    step_output_limit: int = Field(default=8 * 1024 * 1024, ge=0)
    """Bytes that one statement may print, rows included; the rest is dropped. 0: no limit."""

    default_deadline: float = Field(default=0.0, ge=0)
    """After how long a job that asked for no deadline is ended. 0: never."""

    job_ttl: float = Field(default=7 * _DAY, ge=0)
    """How long a job that is over is kept, with all that it printed."""

    fetch_wait: float = Field(default=15.0, ge=0, le=60)
    """How long a Fetch waits for something new: the default and the most."""

    page_bytes: int = Field(default=256 * 1024, ge=8 * 1024)
    """The size of a page that asked for none."""

    max_page_bytes: int = Field(default=3 * 1024 * 1024, ge=8 * 1024, le=64 * 1024 * 1024)
    """The most that a page may ask for."""

    max_concurrent_rpcs: int = Field(default=1000, ge=1)
    """Calls served at the same time; further ones are RESOURCE_EXHAUSTED."""

    max_calls_per_caller: int = Field(default=200, ge=0)
    """Calls of one caller at the same time, those that wait included. 0: no limit."""

    max_jobs_per_caller: int = Field(default=100, ge=0)
    """Jobs of one caller that are not over. 0: no limit."""

    runs_per_minute: int = Field(default=120, ge=0)
    """Programs that one caller may start in a minute. 0: no limit."""

    bad_tokens_per_minute: int = Field(default=60, ge=0)
    """Calls without a valid token that one machine may make in a minute. 0: no limit."""

    drain_wait: float = Field(default=0.0, ge=0)
    """How long calls are taken after SIGTERM, while balancers see that the server goes."""

    drain_grace: float = Field(default=10.0, ge=0)
    """How long calls have to finish after SIGTERM."""

    reflection: bool = False
    """Serve the reflection service, by which grpcurl and its like discover the API."""

    health_listen: str = ""
    """Address and port of the health service alone, without TLS, for probes; empty: none."""

    metrics_listen: str = ""
    """Address and port of Prometheus metrics (HTTP); empty: none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged, to standard error."""

    log_format: Literal["json", "console"] = "json"
    """One JSON object a line, or lines for people."""

    @field_validator("listen", "metrics_listen", "health_listen", "advertise")
    @classmethod
    def _has_port(cls, value: str) -> str:
        if value:
            host, port = split_address(value)
            if not host or not port.isdecimal() or int(port) > 65535:
                raise ValueError(f"expected HOST:PORT, found {value!r}")
        return value

    @field_validator("state_directory")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("listen")
    @classmethod
    def _guarded(cls, value: str, info: ValidationInfo) -> str:
        known = info.data.get("auth") == "kubernetes" or info.data.get("tls_client_ca")
        if not known and not info.data.get("insecure_listen") and not is_loopback(value):
            raise ValueError(
                f"{value!r} can be reached from other machines and there is no authentication: "
                "listen on 127.0.0.1, set SQLFLOW_AUTH=kubernetes or SQLFLOW_TLS_CLIENT_CA, "
                "or set SQLFLOW_INSECURE_LISTEN=true"
            )
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("SQLFLOW_TLS_CERTIFICATE and SQLFLOW_TLS_KEY are set together")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise ValueError("SQLFLOW_TLS_CLIENT_CA needs SQLFLOW_TLS_CERTIFICATE")
        if self.auth == "kubernetes" and self.job_runner != "kubernetes":
            raise ValueError("SQLFLOW_AUTH=kubernetes needs SQLFLOW_JOB_RUNNER=kubernetes")
        return self


def split_address(address: str) -> tuple[str, str]:
    """Take ``HOST:PORT`` or ``[IPV6]:PORT`` apart."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address."""
    host, _ = split_address(address)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
