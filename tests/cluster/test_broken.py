"""A component that is broken is named, by `status` and in the report of a test that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devcluster.places import PROJECT
from tests import leftovers
from tests.cluster.support.reporting import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster

DNS = ("--namespace=kube-system", "deployment/coredns")


@pytest.fixture(scope="module")
def broken_dns(cluster: Cluster) -> Iterator[None]:
    run = cluster.kubectl.run
    replicas = run("get", *DNS, "--output=jsonpath={.spec.replicas}")
    run("scale", *DNS, "--replicas=0")
    try:
        run(
            *("wait", "--namespace=kube-system", "pod", "--selector=k8s-app=kube-dns"),
            "--for=delete",
        )
        yield
    finally:
        run("scale", *DNS, f"--replicas={replicas}")
        run("rollout", "status", *DNS, "--timeout=60s")


def test_status_names_it(cluster: Cluster, broken_dns: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "devcluster", "status"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    broken = [line.split()[0] for line in done.stdout.splitlines() if line.split()[1] == "NO"]
    assert broken == ["coredns"]


def test_the_report_of_a_failed_test_names_it_first(cluster: Cluster, broken_dns: None) -> None:
    [section] = report(cluster.flavour, cluster.kubectl, [])

    assert section.heading == "cluster: health"
    assert section.text.splitlines()[0].startswith("NOT OK  coredns: ")


def test_tests_that_are_started_then_fail_and_name_it(cluster: Cluster, broken_dns: None) -> None:
    test = f"{Path(__file__).with_name('test_network.py')}::test_services_have_names"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        cwd=PROJECT,
        env={**os.environ, leftovers.VARIABLE: uuid.uuid4().hex},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout
    assert "the cluster is not healthy:\nNOT OK  coredns: " in done.stdout
