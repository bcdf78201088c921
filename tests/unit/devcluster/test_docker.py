"""Images by a Docker engine, as far as it can be seen without one: which commands are run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devcluster import contained
from devcluster.errors import ClusterError
from devcluster.images import docker

if TYPE_CHECKING:
    from devcluster.images.image_sources import Source

PROJECT = Path(__file__).resolve().parents[3]
ID = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


@dataclass
class Engine:
    """Notes down the commands, and answers those that ask."""

    has: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)

    def run(self, argv: list[str], **_: object) -> str:
        self.ran.append(shlex.join(argv))
        match argv[1:]:
            case ["image", "inspect", *_]:
                return f"{ID}\n"
            case ["image", "ls", *_, name]:
                return "0123456789ab\n" if name in self.has else ""
            case ["image", "load", *_]:
                return "Loaded image: tools:1.2\n"
        return ""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(contained, "run", engine.run)
    return engine


def test_an_image_of_ours_is_built_and_named_by_its_content(engine: Engine):
    file = "--file /project/deploy/images/Dockerfile"
    tag = "--tag sqlflow.local/control:latest"
    assert docker.ensure(Path("/project"), "control") == "sqlflow.local/control:0123456789ab"
    assert engine.ran == [
        f"docker build --quiet {file} --target control {tag} /project",
        "docker image inspect --format '{{.Id}}' sqlflow.local/control:latest",
        "docker image tag sqlflow.local/control:latest sqlflow.local/control:0123456789ab",
    ]


@pytest.mark.parametrize("build", docker.BUILDS.values(), ids=docker.BUILDS)
def test_each_dockerfile_is_there_and_has_the_stage_that_is_built(build: Source):
    text = (PROJECT / build.dockerfile).read_text("utf-8")

    assert f" AS {build.target}\n" in text if build.target else "FROM" in text


def test_an_image_of_argo_is_fetched(engine: Engine):
    assert docker.ensure(PROJECT, "argoexec") == "sqlflow.local/argoexec:0123456789ab"
    assert engine.ran == [
        "docker image ls --quiet quay.io/argoproj/argoexec:v3.7.15",
        "docker pull --quiet quay.io/argoproj/argoexec:v3.7.15",
        "docker image inspect --format '{{.Id}}' quay.io/argoproj/argoexec:v3.7.15",
        "docker image tag quay.io/argoproj/argoexec:v3.7.15 sqlflow.local/argoexec:0123456789ab",
    ]


def test_an_image_of_argo_that_is_there_is_not_fetched_again(engine: Engine):
    engine.has = {"quay.io/argoproj/argoexec:v3.7.15"}

    docker.ensure(PROJECT, "argoexec")

    assert [it for it in engine.ran if "pull" in it] == []


@pytest.mark.parametrize("name", ["argoexec", "workflow-controller"])
def test_argo_is_of_the_version_that_is_built_elsewhere(name: str):
    modules = (PROJECT / "devcluster/go/argo/go.mod").read_text("utf-8")
    version = docker.FETCHED[name].rpartition(":")[2]

    assert f"github.com/argoproj/argo-workflows/v3 {version} " in modules


def test_the_base_is_what_our_images_are_built_on():
    text = (PROJECT / "deploy/images/Dockerfile").read_text("utf-8")

    assert f"\nARG BASE_IMAGE={docker.FETCHED['base']}\n" in text


def test_an_image_of_the_engine_is_taken_as_it_is(engine: Engine):
    reference = docker.ensure(PROJECT, "docker-daemon:registry.example/team/tools:1.2")

    assert reference == "sqlflow.local/tools:0123456789ab"


def test_an_image_in_a_file_is_given_to_the_engine_first(engine: Engine):
    assert docker.ensure(PROJECT, "docker-archive:some/tools.tar") == (
        "sqlflow.local/tools:0123456789ab"
    )
    assert engine.ran[0] == "docker image load --input some/tools.tar"


def test_an_unknown_image_is_refused_with_what_there_is(engine: Engine):
    with pytest.raises(ClusterError) as caught:
        docker.ensure(PROJECT, "contrl")

    assert str(caught.value).startswith("there is no image 'contrl'; there are: mariadb, ")
    assert engine.ran == []


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("tools", "tools"),
        ("tools:1.2", "tools"),
        ("registry.example:5000/team/tools:1.2", "tools"),
        ("registry.example/tools@sha256:00", "tools"),
    ],
)
def test_an_image_keeps_the_last_part_of_its_name(image: str, name: str):
    assert docker.named(image, ID) == f"sqlflow.local/{name}:0123456789ab"
