"""Builds the cluster's programs from source, once, and finds them again.

What a program is made of is fixed by its recipe, the pinned versions of its module and the version
of Go. A hash of these names its folder in the cache, so nothing in there ever becomes wrong: a
change makes another folder. A build happens in a temporary folder, which becomes the entry by one
rename at its end; a build that was killed leaves nothing that could be taken for done.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster import contained, locks
from devcluster.go import cached, golang
from devcluster.go.recipes import RECIPES
from devcluster.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devcluster.go.golang import Go
    from devcluster.go.recipes import Recipe

COMPONENTS: Final = frozenset(name for recipe in RECIPES for name in recipe.names)
# Entries of a module to keep: the current one, and the one before for whoever goes back and forth
# between two versions. An entry is about as large as its programs, up to 300 MB.
KEPT: Final = 2


def ensure(cache: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return where these programs are, having built those that are missing.

    Args:
        cache: the folder that clusters share.
        names: some of :data:`COMPONENTS`.

    Raises:
        ClusterError: there is no Go, no network to download modules from, or a build fails.
    """
    wanted = frozenset(names)
    if unknown := wanted - COMPONENTS:
        raise ValueError(f"no recipe makes {', '.join(sorted(unknown))}")
    go = golang.find(cache)
    made = [(recipe, _entry(cache, recipe, go)) for recipe in RECIPES if wanted & recipe.names]
    if not all(entry.exists() for _, entry in made):
        with locks.held(cache / "binaries.lock", by="another command that builds programs"):
            golang.install(go)
            for recipe, entry in made:
                if not entry.exists():
                    _make(recipe, entry, go)
    for _, entry in made:
        os.utime(entry)  # when it was last of use
    return {name: entry / name for recipe, entry in made for name in wanted & recipe.names}


def key(recipe: Recipe, sources: Path, go_version: str) -> str:
    """Return a hash of all that the programs of a recipe are made of."""
    digest = hashlib.sha256()
    for part in (go_version, repr(sorted(golang.SETTINGS.items())), repr(recipe)):
        digest.update(f"{part}\0".encode())
    for file in _files(sources):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _files(sources: Path) -> list[Path]:
    return sorted(it for it in sources.iterdir() if it.suffix in {".mod", ".sum", ".go"})


def _entry(cache: Path, recipe: Recipe, go: Go) -> Path:
    sources = golang.MODULES / recipe.module
    return cache / "binaries" / f"{recipe.module}-{key(recipe, sources, go.version)}"


def _make(recipe: Recipe, entry: Path, go: Go) -> None:
    with cached.making(entry) as folder:
        _build(recipe, folder, go)
    _remove_old(entry)


def _build(recipe: Recipe, folder: Path, go: Go) -> None:
    source = folder.parent / "source"
    source.mkdir()
    for file in _files(golang.MODULES / recipe.module):
        shutil.copyfile(file, source / file.name)
    _download(recipe, source, go)
    if recipe.vendored:
        _vendor(recipe, source, go)
    version = recipe.version((source / "go.mod").read_text("utf-8")) if recipe.dependency else ""
    what = f"building {recipe.module} {version}".rstrip()
    with step(what):
        options = ("-o", f"{folder}/", "-ldflags", recipe.settings(version))
        _run(go, source, "build", *options, *recipe.packages, what=what)
    for name, program in recipe.links.items():
        (folder / name).symlink_to(program)
    for name, path in recipe.folders.items():
        shutil.copytree(_upstream(recipe, source, go) / path, folder / name)


def _download(recipe: Recipe, source: Path, go: Go) -> None:
    what = f"downloading the modules of {recipe.module}"
    hint = "they come from where GOPROXY says, see `go env GOPROXY`: can it be reached?"
    with step(what):
        _run(go, source, "mod", "download", what=what, hint=hint)


def _vendor(recipe: Recipe, source: Path, go: Go) -> None:
    """Copy all modules into the source, where they can be mended: the module cache can't."""
    what = f"mending the source of {recipe.module}"
    with step(what):
        # -e: go on where a file to embed is missing. It is among those that are added here.
        _run(go, source, "mod", "vendor", "-e", what=what)
        root = source / "vendor" / recipe.dependency
        for path, text in recipe.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
        for path, target in recipe.symlinks.items():
            (root / path).symlink_to(target)


def _upstream(recipe: Recipe, source: Path, go: Go) -> Path:
    """Return where the module cache has the upstream module."""
    asked = ("list", "-mod=readonly", "-m", "-f", "{{.Dir}}", recipe.dependency)
    return Path(_run(go, source, *asked, what=f"looking for {recipe.dependency}").strip())


def _run(go: Go, source: Path, *arguments: str, what: str, hint: str = "") -> str:
    argv = [str(go.program), *arguments]
    return contained.run(argv, what=what, hint=hint, cwd=source, env=go.environment)


def _remove_old(entry: Path) -> None:
    module = entry.name.rpartition("-")[0]
    entries = sorted(entry.parent.glob(f"{module}-*"), key=lambda it: it.stat().st_mtime)
    for old in entries[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
