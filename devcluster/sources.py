"""What our images are made of: a table, and the hash of it all that is an image's tag.

Three kinds: one static binary and nothing else; a Dockerfile with the project as its context; and
the base that the Dockerfiles build on where no image can be fetched, a Debian with Python.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devcluster.registry import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

TAG: Final = 12  # hexadecimal digits
BASE: Final = "base"
ARGO_USER: Final = 8737  # as in Argo's own images


@dataclass(frozen=True, slots=True)
class Binary:
    """An image of one static program.

    Attributes:
        program: its name among those of ``binaries.py``.
        path: where it is in the image.
        user: whom it runs as.
    """

    program: str
    path: str
    user: int

    @property
    def containerfile(self) -> str:
        """There is no shell and no PATH, so the program is named by its path."""
        return (
            f"FROM scratch\nCOPY {self.program} {self.path}\n"
            f'USER {self.user}\nENTRYPOINT ["{self.path}"]\n'
        )


@dataclass(frozen=True, slots=True)
class Built:
    """An image by a Dockerfile that takes ``BASE_IMAGE``.

    Attributes:
        dockerfile: within the project, whose root is the context.
        target: the stage that is wanted; empty for the last.
        inputs: files and folders of the project that it copies.
    """

    dockerfile: str
    inputs: tuple[str, ...]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Debian:
    """A minimal Debian.

    Attributes:
        suite: its release.
        packages: what is in it besides the essential.
    """

    suite: str
    packages: tuple[str, ...]
    containerfile: str = "FROM scratch\nADD base.tar /\nENV LANG=C.UTF-8\n"


IMAGES: Final[Mapping[str, Binary | Built | Debian]] = {
    "pause": Binary("pause", "/pause", 65535),
    "coredns": Binary("coredns", "/coredns", 65532),
    "workflow-controller": Binary("workflow-controller", "/bin/workflow-controller", ARGO_USER),
    "argoexec": Binary("argoexec", "/bin/argoexec", ARGO_USER),
    BASE: Debian("bookworm", ("ca-certificates", "python3", "python3-venv")),
    "mariadb": Built("devcluster/images/mariadb/Dockerfile", ("devcluster/images/mariadb/start",)),
    "postgresql": Built(
        "devcluster/images/postgresql/Dockerfile", ("devcluster/images/postgresql/start",)
    ),
    "control": Built(
        "deploy/images/Dockerfile",
        ("deploy/images/control.lock", "sqlflow", "server/sqlflow_server"),
        "control",
    ),
    "step": Built("deploy/images/Dockerfile", ("deploy/images/step.lock", "sqlflow"), "step"),
}
PROGRAMS: Final = tuple(it.program for it in IMAGES.values() if isinstance(it, Binary))


def reference(name: str, *, project: Path, binaries: Mapping[str, Path]) -> Reference:
    """Return what an image is called as its sources are now.

    Args:
        name: a key of :data:`IMAGES`.
        project: the checkout.
        binaries: where our programs are; the folder of each has a hash in its name.
    """
    match IMAGES[name]:
        case Binary() as image:
            parts = [image.containerfile, binaries[image.program].parent.name]
        case Debian() as image:
            parts = [repr(image)]
        case Built() as image:
            base = reference(BASE, project=project, binaries=binaries)
            files = _contents(project, (image.dockerfile, ".dockerignore", *image.inputs))
            parts = [str(base), image.target, *files]
    return Reference(name, _hash(parts))


def _contents(project: Path, inputs: Iterable[str]) -> Iterator[str]:
    """Name each file and the hash of its content; what Python compiled is none."""
    for item in inputs:
        path = project / item
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                yield f"{file.relative_to(project)} {file.stat().st_mode & 0o777:o} {digest}"


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:TAG]
