"""Our images where a Docker engine runs: built, or fetched, by it.

An image's tag is the beginning of its id, a hash of all that is in it. So a changed image has
another name, and what runs under a name never changes.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from devcluster import addresses, contained
from devcluster.errors import ClusterError
from devcluster.images.image_sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from devcluster.images.image_sources import Source

TAG: Final = 12  # characters of an id, as Docker itself shows them

BUILDS: Final = {name: it for name, it in SOURCES.items() if it.based}
# Argo's own, of the version that devcluster/go/argo has, and what our images are built on.
FETCHED: Final[Mapping[str, str]] = {
    "base": "python:3.13-slim-bookworm",
    "argoexec": "quay.io/argoproj/argoexec:v3.7.15",
    "workflow-controller": "quay.io/argoproj/workflow-controller:v3.7.15",
}
NAMES: Final = (*BUILDS, *FETCHED)
# A reference as skopeo writes it, of the two kinds that an engine understands.
REFERENCE: Final = re.compile(r"(?P<transport>docker-daemon|docker-archive):(?P<rest>.+)")


def ensure(project: Path, name: str) -> str:
    """Make an image present in the engine, as it is now; return its reference.

    Args:
        project: the checkout.
        name: one of ours, or a reference of :data:`REFERENCE`.

    Raises:
        ClusterError: it can't be had.
    """
    if build := BUILDS.get(name):
        local = f"{addresses.REGISTRY}/{name}:latest"
        # An attestation has the time in it, and the id would be another with each build.
        environment = {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        command = build_command(project, build, local)
        contained.run(command, what=f"building the image {name}", env=environment)
    elif local := FETCHED.get(name, ""):
        if not _docker("image", "ls", "--quiet", local):
            _docker("pull", "--quiet", local, what=f"fetching the image {local}")
    else:
        local = _given(name)
    reference = named(local, _docker("image", "inspect", "--format", "{{.Id}}", local))
    _docker("image", "tag", local, reference)
    return reference


def build_command(project: Path, build: Source, tag: str) -> list[str]:
    """Return the command that builds an image."""
    target = ["--target", build.target] if build.target else []
    file = str(project / build.dockerfile)
    return ["docker", "build", "--quiet", "--file", file, *target, "--tag", tag, str(project)]


def named(image: str, image_id: str) -> str:
    """Return the reference under which an image is known in the cluster."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return f"{addresses.REGISTRY}/{name}:{image_id.strip().removeprefix('sha256:')[:TAG]}"


def _given(reference: str) -> str:
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise ClusterError(
            f"there is no image {reference!r}",
            hint=f"there are: {', '.join(NAMES)}, docker-daemon:NAME:TAG, docker-archive:FILE",
        )
    if found["transport"] == "docker-daemon":
        return found["rest"]
    # It answers with a line such as "Loaded image: name:tag".
    return _docker("image", "load", "--input", found["rest"]).strip().rpartition(": ")[2]


def _docker(*arguments: str, what: str = "") -> str:
    return contained.run(["docker", *arguments], what=what or f"docker {' '.join(arguments)}")
