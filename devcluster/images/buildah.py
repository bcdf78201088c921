"""Builds images with buildah, in a storage of its own in the cache.

The storage keeps the layers, so that a changed line of code makes one small layer. What buildah
notes about mounts is in a folder that is new each time: the mounts themselves end with each command
(see ``contained.py``), and a note about one that is gone would mislead the next.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster import contained

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEPT: Final = 3  # images of a name; the layers of older ones go with them


@dataclass(frozen=True, slots=True)
class Storage:
    """A place for images and layers.

    Attributes:
        root: what is kept.
        temporary: what is not, a folder that nobody else uses.
    """

    root: Path
    temporary: Path

    def has(self, reference: str) -> bool:
        """Tell whether an image is there."""
        listed = self._run("images", "--format", "{{.Name}}:{{.Tag}}", what="listing images")
        return reference in listed.splitlines()

    def build(
        self,
        reference: str,
        *,
        dockerfile: Path,
        context: Path,
        target: str = "",
        base: str = "",
        volumes: Iterable[str] = (),
    ) -> None:
        """Build an image.

        Args:
            reference: the name it gets.
            dockerfile: says how.
            context: the folder that it copies from.
            target: the stage that is wanted, if not the last.
            base: the image it starts from, if not the Dockerfile's default.
            volumes: what is mounted meanwhile, as ``FROM:TO:ro``.

        Raises:
            ClusterError: with the last lines that the build wrote.
        """
        self._run(
            *("bud", "--isolation", "chroot", "--layers", "--pull-never", "--tag", reference),
            # buildah locks a file there, whether it needs a network or not.
            *("--cni-config-dir", str(self.temporary / "cni")),
            *(f"--volume={it}" for it in volumes),
            *([f"--build-arg=BASE_IMAGE={base}"] if base else []),
            *([f"--target={target}"] if target else []),
            *(f"--file={dockerfile}", str(context)),
            what=f"building the image {reference}",
        )

    def place(self, reference: str) -> str:
        """Return an image's place, as skopeo writes it."""
        return f"containers-storage:[overlay@{self.root}+{self.temporary / 'run'}]{reference}"

    def clean(self) -> None:
        """Remove what killed builds left; it is in no image."""
        self._run("rm", "--all", what="removing what is left of builds")

    def prune(self, name: str) -> None:
        """Remove all but the newest images of a name, and the layers that are of no use then."""
        listed = json.loads(self._run("images", "--json", what="listing images"))
        old = outdated(listed, name)
        if old:
            self._run("rmi", *old, what="removing old images")
            self._run("rmi", "--prune", what="removing old layers")

    def _run(self, command: str, *arguments: str, what: str) -> str:
        return contained.run(
            [
                *("buildah", "--root", self.root, "--runroot", self.temporary / "run"),
                *("--storage-driver", "overlay", command, *arguments),
            ],
            what=what,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )


def outdated(listed: list[dict[str, object]] | None, name: str) -> list[str]:
    """Return the names of the images that are not among the newest of theirs.

    Args:
        listed: images as ``buildah images --json`` tells of them, in any order; None if none.
        name: of the images in question, without a tag.
    """
    names = [
        reference
        for image in sorted(listed or (), key=lambda it: str(it["createdatraw"]), reverse=True)
        for reference in image.get("names") or ()  # type: ignore[attr-defined]  # JSON's
        if reference.startswith(f"{name}:")
    ]
    return names[KEPT:]
