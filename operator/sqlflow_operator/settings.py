"""The operator's settings: environment variables ``SQLFLOW_OPERATOR_…``; see docs/operator.md."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """What an administrator decides. Durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SQLFLOW_OPERATOR_", frozen=True)

    namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Namespaces that jobs are served in, with commas between; empty: all."""

    step_image: str = Field(min_length=1)
    """The image of steps whose job names none. It has to be set."""

    step_service_account: str = "sqlflow-step"
    """The service account of the steps' pods, in the namespace of the job."""

    templates: Path | None = None
    """A folder with templates in place of the operator's own; empty: these."""

    workflow_url: str = ""
    """Where people see a Workflow, with ``{namespace}`` and ``{name}`` in it; empty: no link."""

    active_deadline: int | None = Field(default=None, ge=1)
    """How long a job runs that asked for no deadline; unset: without end."""

    pending_deadline: int | None = Field(default=3600, ge=1)
    """How long a step waits for its pod to start where the job does not say."""

    argo_silence: int = Field(default=60, ge=1)
    """After how long a job is said to be stalled whose Workflow Argo has not looked at."""

    ttl: int | None = Field(default=None, ge=0)
    """How long after its end a job is deleted that does not say; unset: never."""

    stop_grace: float = Field(default=30, ge=0)
    """How long a program has to end by itself when its job is ended; then its pod is deleted."""

    workers: int = Field(default=8, ge=1, le=64)
    """How many jobs are looked at at the same time."""

    resync: float = Field(default=300, gt=0)
    """How often all jobs are listed, in case that a watch has missed something."""

    liveness: str = "http://0.0.0.0:8080/healthz"
    """Where ``python -m sqlflow_operator`` serves the liveness probe; empty: nowhere."""

    metrics_address: str = "0.0.0.0"  # noqa: S104 - Prometheus asks from another pod
    """The address that Prometheus metrics are served at."""

    metrics_port: int = Field(default=9090, ge=0, le=65535)
    """The port of Prometheus metrics (HTTP); 0: none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged, to standard error."""

    log_format: Literal["json", "console"] = "json"
    """One JSON object a line, or lines for people."""

    fail_point: str = ""
    """For tests: end at once at a write, such as ``after-create-workflow``. Empty: never."""

    @field_validator("namespaces", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("templates", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("workflow_url")
    @classmethod
    def _fillable(cls, value: str) -> str:
        rest = value.replace("{namespace}", "").replace("{name}", "")
        if "{" in rest or "}" in rest:
            raise ValueError(
                f"expected a URL with {{namespace}} and {{name}} only, found {value!r}"
            )
        return value


def from_environment() -> Settings:
    """Read the settings.

    Raises:
        ValidationError: one is wrong, or one that has no default is not set.
    """
    return Settings()  # type: ignore[call-arg] # they come from the environment
