"""Since when a Workflow is shut down, whoever was there to see it."""

from __future__ import annotations

from typing import Any

from pkg_argo.seen import Seen
from tests.unit.pkg_argo.recordings import at


def wrote(field: str, time: str) -> dict[str, Any]:
    return {"manager": "m", "time": time, "fieldsV1": {"f:spec": {f"f:{field}": {}}}}


def seen(*managed: dict[str, Any], shutdown: str = "Stop", **status: Any) -> Seen:
    spec = {"shutdown": shutdown} if shutdown else {}
    return Seen(workflow={"metadata": {"managedFields": managed}, "spec": spec, "status": status})


def test_the_api_server_knows_when_the_shutdown_was_asked_for() -> None:
    managed = (
        wrote("templates", "2026-05-01T12:00:00Z"),
        wrote("shutdown", "2026-05-01T12:00:07Z"),
        wrote("suspend", "2026-05-01T12:00:09Z"),
        {"manager": "argo", "time": "2026-05-01T12:00:30Z", "fieldsV1": {"f:status": {}}},
    )
    assert seen(*managed).shut_down_at == at("2026-05-01T12:00:07Z")


def test_without_the_api_servers_word_argos_counts() -> None:
    assert seen().shut_down_at is None
    ended = seen(finishedAt="2026-05-01T12:00:08Z")
    assert ended.shut_down_at == at("2026-05-01T12:00:08Z")


def test_what_ended_by_itself_was_not_shut_down() -> None:
    assert seen(shutdown="", finishedAt="2026-05-01T12:00:08Z").shut_down_at is None
    assert Seen().shut_down_at is None
