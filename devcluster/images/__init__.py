"""Our images: builds those that the registry lacks, and copies them there.

The registry is asked, nothing is remembered. So it does not matter how a command before this one
ended, or whether somebody cleared a cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster import addresses, contained, locks
from devcluster.errors import ClusterError
from devcluster.go import binaries
from devcluster.images import host_settings, registry
from devcluster.images.buildah import Storage
from devcluster.images.image_sources import BASE, PROGRAMS, SOURCES, tags
from devcluster.node import configuration
from devcluster.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from devcluster.images.image_sources import Source
    from devcluster.places import Places

NAMES: Final = tuple(SOURCES)
# An image elsewhere, as skopeo writes it. The transports that need no network.
FOREIGN: Final = re.compile(r"(docker-archive|oci-archive|oci|dir|containers-storage):(?P<rest>.+)")


def references(places: Places) -> dict[str, str]:
    """Return what each of our images is called now, built or not."""
    programs = binaries.ensure(places.cache, PROGRAMS)
    found = tags(places.project, programs, host_settings.release())
    return {name: registry.reference(name, tag) for name, tag in found.items()}


def ensure(places: Places, names: Iterable[str], *, push: str) -> dict[str, str]:
    """Have images in the registry; return their references.

    Args:
        places: the checkout and the caches.
        names: some of :data:`NAMES`.
        push: the registry's address, such as ``127.0.0.1:15000``.

    Raises:
        ClusterError: one can't be built or copied.
    """
    expected = references(places)
    wanted = {name: expected[name] for name in names}
    if _lacking(push, wanted):
        with _alone(places), _builder(places, expected) as builder:
            for name in _lacking(push, wanted):  # Somebody else may have been at it.
                with step(f"image {name}"):
                    builder.build(name)
                    _push(places, builder.storage.place(expected[name]), push, expected[name])
                    builder.storage.prune(expected[name].rpartition(":")[0])
    return wanted


def load(places: Places, names: Sequence[str], *, push: str) -> dict[str, str]:
    """Bring images of ours, as they are now, and of others into the registry.

    Args:
        places: the checkout and the caches.
        names: some of :data:`NAMES`, or references as skopeo writes them.
        push: the registry's address.

    Raises:
        ClusterError: there is no such image, or it can't be had.
    """
    foreign = [name for name in names if FOREIGN.fullmatch(name)]
    if unknown := set(names) - set(NAMES) - set(foreign):
        raise ClusterError(
            f"there is no image {', '.join(sorted(unknown))}",
            hint=f"there are: {', '.join(NAMES)}, docker-archive:FILE, oci:FOLDER",
        )
    found = ensure(places, [name for name in names if name in NAMES], push=push)
    return found | {name: _copy(places, name, push) for name in foreign}


def foreign_name(source: str) -> str:
    """Return the name that an image from elsewhere gets: the last part of its own."""
    path = re.sub(r"^[a-z-]+:(\[[^]]*\])?", "", source).partition("@")[0]
    folder, slash, last = path.rpartition("/")
    del folder, slash
    stem = last.partition(":")[0].removesuffix(".tar").lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "image"


def _copy(places: Places, source: str, push: str) -> str:
    what = f"reading the image {source}"
    manifest = contained.run(["skopeo", "inspect", "--raw", source], what=what)
    name, tag = foreign_name(source), hashlib.sha256(manifest.encode()).hexdigest()[:16]
    reference = registry.reference(name, tag)
    with _alone(places), step(f"image {name}"):
        _push(places, source, push, reference)
    return reference


def _push(places: Places, source: str, push: str, reference: str) -> None:
    name, _, tag = reference.removeprefix(f"{addresses.REGISTRY}/").rpartition(":")
    registry.push(source, push, name, tag)
    registry.prune(places.cache / "registry", name, configuration=configuration.registry(places))


def _lacking(push: str, wanted: Mapping[str, str]) -> list[str]:
    return registry.lacks(push, {name: _tag(it) for name, it in wanted.items()})


def _tag(reference: str) -> str:
    return reference.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class _Builder:
    places: Places
    references: Mapping[str, str]
    storage: Storage
    volumes: Sequence[str]

    def build(self, name: str) -> None:
        """Build an image, and before it the one it is based on; nothing if it is there."""
        if self.storage.has(self.references[name]):
            return
        source = SOURCES[name]
        if source.based:
            self.build(BASE)
        self.storage.build(
            self.references[name],
            dockerfile=self.places.project / source.dockerfile,
            context=self._context(source),
            target=source.target,
            base=self.references[BASE] if source.based else "",
            volumes=self.volumes if source.based else (),
        )

    def _context(self, source: Source) -> Path:
        if source.program:
            return binaries.ensure(self.places.cache, [source.program])[source.program].parent
        if source.packages:
            return bootstrap(source.packages, self.storage.temporary / "base")
        return self.places.project


def bootstrap(packages: Sequence[str], folder: Path) -> Path:
    """Make an archive of a small Debian, ``base.tar`` in a new folder; return the folder."""
    debian = host_settings.mirrors()
    folder.mkdir()
    options = (f"--aptopt={it}" for it in debian.options.splitlines())
    leave_out = (f"path-exclude=/usr/share/{it}/*" for it in ("doc", "locale", "man"))
    clean = 'rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list'
    contained.run(
        [
            *("mmdebstrap", "--mode=root", "--variant=apt", f"--include={','.join(packages)}"),
            *(*options, *(f"--dpkgopt={it}" for it in leave_out), f"--customize-hook={clean}"),
            *(debian.release, str(folder / "base.tar"), "-"),
        ],
        what="making a base image of Debian's packages",
        input=debian.sources,
        env={**os.environ, "TMPDIR": str(folder)},  # A killed build leaves nothing elsewhere.
    )
    return folder


def _alone(places: Places) -> contextlib.AbstractContextManager[None]:
    """Keep others from writing to the storage and the registry, which all clusters share."""
    return locks.held(places.cache / "images/lock", by="another command that builds images")


@contextlib.contextmanager
def _builder(places: Places, expected: Mapping[str, str]) -> Iterator[_Builder]:
    folder = places.cache / "images"
    for left in folder.glob(".new-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
        storage = Storage(folder / "storage", Path(temporary))
        storage.clean()
        yield _Builder(places, expected, storage, host_settings.volumes(Path(temporary, "host")))
