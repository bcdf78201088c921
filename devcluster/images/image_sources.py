"""What each image is made of: a table, and the tag that follows from it.

A tag is a hash of all that goes in: the Dockerfile, the files that it copies, the program, the
base. So a tag never means two things, an image whose tag the registry has need not be built,
and a pod with ``IfNotPresent`` never runs an old one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How an image is made.

    Attributes:
        dockerfile: within the project.
        target: the stage that is wanted, if it is not the last.
        files: what the Dockerfile copies, files and folders within the project.
        program: the one that is all of the image; its folder is the context of the build.
        packages: of Debian, for an image that is made from them alone.
        based: whether it starts from the image ``base``.
    """

    dockerfile: str
    target: str = ""
    files: tuple[str, ...] = ()
    program: str = ""
    packages: tuple[str, ...] = ()
    based: bool = False


def _program(name: str) -> Source:
    return Source(dockerfile=f"devcluster/images/{name}/Dockerfile", program=name)


def _database(name: str) -> Source:
    folder = f"devcluster/images/{name}"
    return Source(dockerfile=f"{folder}/Dockerfile", files=(f"{folder}/serve",), based=True)


BASE: Final = "base"
SOURCES: Final[Mapping[str, Source]] = {
    "pause": _program("pause"),
    "coredns": _program("coredns"),
    "workflow-controller": _program("workflow-controller"),
    "argoexec": _program("argoexec"),
    BASE: Source(
        dockerfile="devcluster/images/base/Dockerfile",
        packages=("ca-certificates", "python3", "python3-venv"),
    ),
    "mariadb": _database("mariadb"),
    "postgresql": _database("postgresql"),
    "control": Source(
        dockerfile="deploy/images/Dockerfile",
        target="control",
        files=(
            *("deploy/images/install", "deploy/images/control.lock"),
            *("sqlflow", "pkg_argo", "argo_templates", "operator/sqlflow_operator"),
            *("server/sqlflow_server", "cli/sqlflow_cli"),
        ),
        based=True,
    ),
    "step": Source(
        dockerfile="deploy/images/Dockerfile",
        target="step",
        files=("deploy/images/install", "deploy/images/step.lock", "sqlflow"),
        based=True,
    ),
}
PROGRAMS: Final = tuple(it.program for it in SOURCES.values() if it.program)


def tags(project: Path, programs: Mapping[str, Path], release: str) -> dict[str, str]:
    """Return the tag of each image.

    Args:
        project: the checkout.
        programs: where :data:`PROGRAMS` are; the name of the folder is a hash of what made them.
        release: the name of the Debian release that the base is.
    """
    found: dict[str, str] = {}
    # The base comes first: its tag is part of what others are made of.
    for name, source in sorted(SOURCES.items(), key=lambda it: it[1].based):
        parts = [repr(source)]
        if source.program:
            parts.append(programs[source.program].parent.name)
        if source.packages:
            parts.append(release)
        if source.based:
            parts.append(found[BASE])
        found[name] = _hash(project, (source.dockerfile, *source.files), parts)
    return found


def _hash(project: Path, paths: tuple[str, ...], parts: list[str]) -> str:
    digest = hashlib.sha256("\0".join(parts).encode())
    for path in paths:
        for file in _files(project / path):
            executable = file.stat().st_mode & 0o100
            content = file.read_bytes()
            head = f"\0{file.relative_to(project)}\0{executable}\0{len(content)}\0"
            digest.update(head.encode() + content)
    return digest.hexdigest()[:16]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for entry in sorted(path.iterdir()):
        if entry.name != "__pycache__":
            yield from _files(entry)
