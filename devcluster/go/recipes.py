"""Which programs are built from which Go modules: a table, read by ``binaries.py``.

A module is a folder below ``go/`` whose ``go.mod`` and ``go.sum`` pin everything. Versions are
written there and nowhere else; programs that want to be told their own get it from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the programs of one module are built.

    Attributes:
        module: its folder below ``go/``.
        packages: what to build; a program is called like the last part of its package's path.
        links: further names, by the program that they are links to.
        dependency: the module of the upstream project, whose version is the programs'.
        variables: Go variables to set; ``{version}``, ``{major}`` and ``{minor}`` are filled in.
        folders: folders of the upstream module to copy, by the names they get.
        symlinks: symbolic links that the upstream module lost, as module archives hold none; with
            what they point to. Such a module is built from a vendored copy of it.
        files: files that the upstream module lacks, with their text.
    """

    module: str
    packages: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    dependency: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    symlinks: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """All that this recipe makes and others ask for."""
        programs = (_last(self.module if it == "." else it) for it in self.packages)
        return frozenset({*programs, *self.links, *self.folders})

    @property
    def vendored(self) -> bool:
        return bool(self.symlinks or self.files)

    def version(self, go_mod: str) -> str:
        """Return the version of the upstream project that a ``go.mod`` pins, such as v1.33.13."""
        found = re.search(rf"^\s+{re.escape(self.dependency)} (v\S+)", go_mod, re.MULTILINE)
        assert found, f"go.mod of {self.module} does not require {self.dependency}"
        return found[1]

    def settings(self, version: str) -> str:
        """Return what the linker is told: no symbols, and the values of variables."""
        major, minor = version.removeprefix("v").split(".")[:2] if version else ("", "")
        values = (
            f"-X {variable}={value.format(version=version, major=major, minor=minor)}"
            for variable, value in self.variables.items()
        )
        return " ".join(["-s -w", *values])


def _last(path: str) -> str:
    return path.rpartition("/")[2]


_ARGO: Final = "github.com/argoproj/argo-workflows/v3"
_COMPONENT: Final = "k8s.io/component-base/version"

RECIPES: Final = (
    Recipe(
        module="kubernetes",
        packages=(".",),
        links=dict.fromkeys(
            (
                *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
                *("kubelet", "kubectl"),
            ),
            "kubernetes",
        ),
        dependency="k8s.io/kubernetes",
        # Clients conclude from its version what a server can do.
        variables={
            f"{_COMPONENT}.gitVersion": "{version}",
            f"{_COMPONENT}.gitMajor": "{major}",
            f"{_COMPONENT}.gitMinor": "{minor}",
            "k8s.io/client-go/pkg/version.gitVersion": "{version}",
        },
    ),
    Recipe(
        module="argo",
        packages=tuple(f"{_ARGO}/cmd/{it}" for it in ("workflow-controller", "argoexec", "argo")),
        dependency=_ARGO,
        variables={f"{_ARGO}.version": "{version}"},
        folders={"argo-crds": "manifests/base/crds/full"},
        symlinks={"workflow/executor/osspecific/signal_linux.go": "signal_darwin.go"},
        files={"ui/dist/app/index.html": "<!doctype html>\n"},  # the user interface is not built
    ),
    Recipe(
        module="coredns",
        packages=("github.com/coredns/coredns",),
        dependency="github.com/coredns/coredns",
    ),
    Recipe(
        module="helm",
        packages=("helm.sh/helm/v4/cmd/helm",),
        dependency="helm.sh/helm/v4",
        variables={"helm.sh/helm/v4/internal/version.version": "{version}"},
    ),
    Recipe(module="kind", packages=("sigs.k8s.io/kind",), dependency="sigs.k8s.io/kind"),
    Recipe(module="pause", packages=(".",)),
)
