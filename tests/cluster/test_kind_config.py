"""kind itself reads ``kind-config.yaml``: to its end, on any machine, without making a cluster.

A ``docker`` that answers kind's questions stands for the engine. kind reads and checks its file,
then looks for the node's image, then makes a network: there our ``docker`` ends it.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from devcluster.go import binaries
from devcluster.places import Places

CONFIG = Path(__file__).resolve().parents[2] / "kind-config.yaml"
DOCKER = """\
#!/bin/sh
echo "$*" >>"$0.log"
case $1 in
  info) echo '{"CgroupVersion": "2", "SecurityOptions": []}' ;;
  ps | inspect) ;;
  *) echo "this is no engine" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Reading:
    """What came of kind's reading a file."""

    said: str
    asked_for: list[str]


@pytest.fixture
def read(tmp_path: Path):
    """Has kind read a text as its configuration."""
    kind = binaries.ensure(Places.from_environment().cache, ["kind"])["kind"]
    docker = tmp_path / "docker"
    docker.write_text(DOCKER, "utf-8")
    docker.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
    }

    def run(text: str) -> Reading:
        done = subprocess.run(
            [kind, "create", "cluster", "--config=-", f"--kubeconfig={tmp_path / 'kubeconfig'}"],
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        log = tmp_path / "docker.log"
        return Reading(done.stderr, log.read_text("utf-8").splitlines() if log.exists() else [])

    return run


def test_kind_accepts_the_file_and_looks_for_the_image_of_the_node(read):
    reading = read(CONFIG.read_text("utf-8"))

    assert 'Creating cluster "sqlflow" ...' in reading.said
    assert any(
        it.startswith("inspect --type=image kindest/node:v1.33.") for it in reading.asked_for
    )


def test_kind_refuses_a_field_that_it_does_not_know(read):
    reading = read(CONFIG.read_text("utf-8").replace("podSubnet:", "podSubnets:"))

    assert "unable to decode config" in reading.said
    assert "field podSubnets not found in type v1alpha4.Networking" in reading.said
    assert reading.asked_for == []


def test_kind_refuses_a_value_that_makes_no_sense(read):
    reading = read(CONFIG.read_text("utf-8").replace("10.88.0.0/16", "10.88.0.0"))

    assert "invalid pod subnet" in reading.said
