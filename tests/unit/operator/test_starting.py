"""What the operator is made of when it starts: handlers, kopf's settings, fail points, its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import kopf
import pytest
from sqlflow_operator.failpoints import EXIT_CODE, FailPoints
from sqlflow_operator.watching import configure, register

PROJECT = Path(__file__).parents[3]


def python(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'operator'}"}
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment
    )


def test_kopf_watches_jobs_workflows_and_pods_and_needs_no_finalizer():
    registry = kopf.OperatorRegistry()
    register(registry)
    handlers = list(registry._watching._handlers)
    watched = sorted(str(it.selector.any_name) for it in handlers if it.selector)
    assert watched == ["pods", "sqlflowjobs", "workflows"]
    assert list(registry._changing._handlers) == []
    assert list(registry._spawning._handlers) == []


def test_kopf_asks_the_server_for_the_parts_of_jobs_only():
    from kopf._cogs.structs.references import Resource

    settings = kopf.OperatorSettings()
    configure(settings)
    pods, workflows, jobs = (
        Resource(group=group, version=version, plural=plural)
        for group, version, plural in (
            ("", "v1", "pods"),
            ("argoproj.io", "v1alpha1", "workflows"),
            ("sqlflow.org", "v1alpha1", "sqlflowjobs"),
        )
    )
    selectors = settings.watching.label_selectors
    assert list(selectors.collect(pods)) == ["sqlflow.org/job-uid"]
    assert list(selectors.collect(workflows)) == ["sqlflow.org/job-uid"]
    assert list(selectors.collect(jobs)) == []


def test_an_api_server_may_be_away_for_an_hour():
    settings = kopf.OperatorSettings()
    configure(settings)
    backoffs = settings.networking.error_backoffs
    assert isinstance(backoffs, tuple)
    assert sum(backoffs) > 3600


def test_kopf_posts_no_events_and_its_watches_end():
    settings = kopf.OperatorSettings()
    configure(settings)
    assert settings.posting.enabled is False
    watching = settings.watching
    assert watching.server_timeout == 300
    assert watching.client_timeout == 330
    assert watching.inactivity_timeout == 70


@pytest.mark.parametrize(
    ("place", "reached", "code"),
    [
        ("after-emit", ["after-emit"], EXIT_CODE),
        ("after-emit", ["before-emit"], 0),
        ("after-emit@2", ["after-emit"], 0),
        ("after-emit@2", ["after-emit", "after-emit"], EXIT_CODE),
        ("", ["after-emit"], 0),
    ],
)
def test_a_fail_point_ends_the_process_where_it_was_told_to(place, reached, code, monkeypatch):
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    points = FailPoints(place)
    for it in reached:
        points.reach(it)
    assert ended == ([code] if code else [])


def test_the_log_tells_of_an_error_without_the_values_of_variables():
    done = python(
        "import structlog\n"
        "from sqlflow_operator import logs\n"
        "logs.configure('info', 'json')\n"
        "def fail(program): raise RuntimeError('the cause')\n"
        "try: fail('SELECT canary')\n"
        "except RuntimeError: structlog.get_logger().exception('look failed', job='one')\n"
    )
    record = json.loads(done.stderr)
    assert (record["event"], record["job"], record["level"]) == ("look failed", "one", "error")
    assert record["exception"][0]["exc_value"] == "the cause"
    assert "canary" not in done.stderr


def test_what_libraries_log_has_the_same_form():
    done = python(
        "import logging\n"
        "from sqlflow_operator import logs\n"
        "logs.configure('info', 'json')\n"
        "logging.getLogger('kopf.objects').info('chatter')\n"
        "logging.getLogger('kopf.objects').warning('trouble')\n"
    )
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["trouble"]


def test_the_file_that_kopf_run_loads_registers_the_handlers():
    done = python(
        f"import runpy, kopf; runpy.run_path({str(PROJECT / 'operator/main.py')!r})\n"
        "print(len(kopf.get_default_registry()._watching._handlers))"
    )
    assert done.stdout.strip() == "3", done.stderr
