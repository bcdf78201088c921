"""kubectl as it is called: where it finds the cluster, and what its failures say."""

from __future__ import annotations

import stat

import pytest

from devcluster.addons.kubectl import Kubectl
from devcluster.errors import ClusterError


@pytest.fixture
def kubectl(tmp_path):
    def make(script):
        binary = tmp_path / "kubectl"
        binary.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        return Kubectl(binary, tmp_path / "kubeconfig")

    return make


def test_kubectl_uses_the_clusters_login_and_remembers_beside_it(kubectl, tmp_path):
    assert kubectl('echo "$@"').run("get", "pods").split() == [
        f"--kubeconfig={tmp_path}/kubeconfig",
        f"--cache-dir={tmp_path}/kubectl",
        "get",
        "pods",
    ]


def test_a_failure_of_kubectl_says_which_command_and_what_it_said(kubectl):
    with pytest.raises(ClusterError) as caught:
        kubectl("echo 'no such thing' >&2; exit 3").run("get", "thing")
    assert str(caught.value) == "`kubectl get thing` ended with status 3\n  no such thing"


def test_what_kubectl_was_given_to_read_is_not_in_its_failure(kubectl):
    with pytest.raises(ClusterError) as caught:
        kubectl("cat >/dev/null; exit 1").run("create", "--filename=-", stdin="password")
    assert "password" not in str(caught.value)


def test_kubectl_is_given_up_after_its_time(kubectl):
    with pytest.raises(ClusterError, match="`kubectl get nodes` did not end within 0 s"):
        kubectl("exec sleep 60").run("get", "nodes", seconds=0.05)


def test_a_kubectl_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ClusterError, match=r"`kubectl version` can't be run: .*nowhere"):
        Kubectl(tmp_path / "nowhere", tmp_path / "kubeconfig").run("version")


def test_bytes_that_are_no_text_are_replaced_since_a_log_may_hold_any(kubectl):
    assert kubectl(r"printf 'a\377b'").run("logs", "pod") == "a\ufffdb"
