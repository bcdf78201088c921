"""The registry of a cluster: what it has, and how an image gets there.

It speaks plain HTTP on a port of 127.0.0.1. Only the layers that it lacks are carried. Its files
are in the cache, shared by all clusters. A registry that runs remembers nothing of them, so one
command may remove some beneath it. (As root, skopeo notes in /var/lib/containers/cache where it saw
which layer. It has no setting for that, and the notes are hints that it checks.)
"""

from __future__ import annotations

import contextlib
import http.client
import shutil
from typing import TYPE_CHECKING, Final

from devcluster import addresses, contained
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT: Final = 10.0
KEPT: Final = 5  # images of a name, for pods that are started again
# A registry answers with "not found" for a manifest of a kind that was not asked for.
OCI: Final = "application/vnd.oci.image"
DOCKER: Final = "application/vnd.docker.distribution.manifest"
MANIFESTS: Final = (
    f"{OCI}.manifest.v1+json, {OCI}.index.v1+json, {DOCKER}.v2+json, {DOCKER}.list.v2+json"
)


def reference(name: str, tag: str) -> str:
    """Return the name of an image as a pod has it."""
    return f"{addresses.REGISTRY}/{name}:{tag}"


def lacks(address: str, images: Mapping[str, str]) -> list[str]:
    """Return which of these images, given by name and tag, the registry does not have.

    Raises:
        ClusterError: it does not answer, or not as a registry does.
    """
    host, _, port = address.rpartition(":")
    with contextlib.closing(http.client.HTTPConnection(host, int(port), TIMEOUT)) as connection:
        try:
            return [name for name, tag in images.items() if not _has(connection, name, tag)]
        except (OSError, http.client.HTTPException) as error:
            raise ClusterError(f"the registry at {address} does not answer: {error}") from error


def push(source: str, address: str, name: str, tag: str) -> None:
    """Copy an image into the registry.

    Args:
        source: as skopeo writes it, such as ``docker-archive:FILE``.
        address: the registry's, ``127.0.0.1:PORT``.
        name: the image's in the registry.
        tag: the image's in the registry.

    Raises:
        ClusterError: there is no such image, or the registry does not take it.
    """
    contained.run(
        [
            *("skopeo", "copy", "--quiet", "--dest-tls-verify=false"),
            *(source, f"docker://{address}/{name}:{tag}"),
        ],
        what=f"copying the image {name} to the registry",
    )


def prune(files: Path, name: str, *, configuration: Path) -> None:
    """Remove all but the newest images of a name, and what is in no image then.

    Nobody may push meanwhile: what is carried already would be taken for left over.

    Args:
        files: where the registry keeps what it has.
        name: of the images in question, without a tag.
        configuration: the registry's own.

    Raises:
        ClusterError: the registry's program can't remove it.
    """
    tags = files / "docker/registry/v2/repositories" / name / "_manifests/tags"
    newest_first = sorted(tags.iterdir(), key=_pushed, reverse=True)
    for old in newest_first[KEPT:]:
        shutil.rmtree(old)
    if newest_first[KEPT:]:
        contained.run(
            ["docker-registry", "garbage-collect", "--delete-untagged", configuration],
            what="removing old images from the registry",
        )


def _pushed(tag: Path) -> int:
    return (tag / "current/link").stat().st_mtime_ns


def _has(connection: http.client.HTTPConnection, name: str, tag: str) -> bool:
    connection.request("HEAD", f"/v2/{name}/manifests/{tag}", headers={"Accept": MANIFESTS})
    response = connection.getresponse()
    response.read()
    if response.status not in {200, 404}:
        raise ClusterError(f"the registry answered {response.status} when asked for {name}:{tag}")
    return response.status == 200
