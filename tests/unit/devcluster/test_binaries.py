from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from devcluster.errors import ClusterError
from devcluster.go import binaries, golang
from devcluster.go.recipes import RECIPES

# Does to files what Go does, and notes its arguments. With $BROKEN among them it fails.
GO = """#!/bin/sh
echo "$(basename "$PWD") $*" >>"$NOTES"
[ "$1 $2" = "env GOVERSION" ] && { echo "$VERSION"; exit; }
case "$*" in *"$BROKEN"*) echo "it is broken" >&2; exit 1 ;; esac
case "$1 $2" in
"mod vendor") mkdir -p vendor/github.com/argoproj/argo-workflows/v3/workflow/executor/osspecific ;;
"list -mod=readonly") echo "$UPSTREAM" ;;
"build -o")
  [ -d vendor ] && ls -R vendor >>"$NOTES"
  folder=$3
  shift 5
  for package; do
    [ "$package" = . ] && package=$(sed -n 's/^module //p' go.mod)
    echo "$package" >"$folder/${package##*/}"
  done ;;
esac
"""
KIND = next(recipe for recipe in RECIPES if recipe.module == "kind")


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Put a Go on the PATH that only pretends, and return the file of its notes."""
    program = tmp_path / "bin/go"
    program.parent.mkdir()
    program.write_text(GO)
    program.chmod(0o755)
    crds = tmp_path / "upstream/manifests/base/crds/full"
    crds.mkdir(parents=True)
    (crds / "kustomization.yaml").write_text("resources: []")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("VERSION", "go1.26.8")
    monkeypatch.setenv("BROKEN", "nothing is")
    monkeypatch.setenv("UPSTREAM", str(tmp_path / "upstream"))
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    return tmp_path / "notes"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def entries(cache):
    return sorted(it.name.rpartition("-")[0] for it in (cache / "binaries").iterdir())


def test_all_programs_of_the_cluster_can_be_asked_for():
    assert sorted(binaries.COMPONENTS) == [
        "argo",
        "argo-crds",
        "argoexec",
        "coredns",
        "helm",
        "kind",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-proxy",
        "kube-scheduler",
        "kubectl",
        "kubelet",
        "kubernetes",
        "pause",
        "workflow-controller",
    ]


def test_programs_are_built_and_their_paths_returned(cache, notes):
    built = binaries.ensure(cache, ["kind", "argoexec"])

    assert set(built) == {"kind", "argoexec"}
    assert built["kind"].read_text() == "sigs.k8s.io/kind\n"
    assert built["argoexec"].read_text().endswith("argo-workflows/v3/cmd/argoexec\n")


def test_only_the_modules_that_are_asked_for_are_built(cache, notes):
    binaries.ensure(cache, ["kind", "pause"])

    assert entries(cache) == ["kind", "pause"]


def test_what_is_there_is_not_built_again(cache, notes):
    first = binaries.ensure(cache, ["kind"])
    notes.unlink()

    assert binaries.ensure(cache, ["kind"]) == first
    assert [it.partition(" ")[2] for it in notes.read_text().splitlines()] == ["env GOVERSION"]


def test_two_at_once_build_once(cache, notes):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(binaries.ensure, [cache, cache], [["kind"], ["kind"]])

    assert first == second
    assert notes.read_text().count(" build -o ") == 1


def test_the_components_of_kubernetes_are_links_to_one_program(cache, notes):
    built = binaries.ensure(cache, ["kubelet", "kube-proxy"])

    assert built["kubelet"].readlink() == Path("kubernetes")
    assert built["kube-proxy"].resolve() == built["kubelet"].resolve()


def test_kubernetes_is_told_the_version_that_its_module_pins(cache, notes):
    binaries.ensure(cache, ["kubelet"])

    assert "-X k8s.io/component-base/version.gitVersion=v1.33.13 " in notes.read_text()
    assert "-X k8s.io/component-base/version.gitMinor=33 " in notes.read_text()


def test_argos_lost_files_are_put_back_before_it_is_built(cache, notes):
    binaries.ensure(cache, ["argo"])

    vendored = notes.read_text().partition("mod vendor -e\n")[2]
    assert "\nsignal_linux.go\n" in vendored
    assert "\nindex.html\n" in vendored


def test_argos_crds_come_from_its_module(cache, notes):
    built = binaries.ensure(cache, ["argo-crds"])

    assert (built["argo-crds"] / "kustomization.yaml").read_text() == "resources: []"


def test_no_source_is_kept_and_the_checkout_is_not_built_in(cache, notes):
    built = binaries.ensure(cache, ["argo"])

    assert sorted(it.name for it in built["argo"].parent.iterdir()) == [
        "argo",
        "argo-crds",
        "argoexec",
        "workflow-controller",
    ]
    assert not (golang.MODULES / "argo/vendor").exists()


def test_a_build_that_fails_leaves_no_entry_and_those_before_it(cache, notes, monkeypatch):
    monkeypatch.setenv("BROKEN", "sigs.k8s.io/kind")

    with pytest.raises(ClusterError, match=r"building kind v0\.33\.0 failed.*\n  it is broken"):
        binaries.ensure(cache, ["kind", "coredns"])

    assert entries(cache) == ["coredns"]


def test_a_download_that_fails_is_told_from_a_build_that_fails(cache, notes, monkeypatch):
    monkeypatch.setenv("BROKEN", "mod download")

    with pytest.raises(ClusterError, match=r"^downloading the modules of kind failed") as caught:
        binaries.ensure(cache, ["kind"])

    assert "see `go env GOPROXY`: can it be reached?" in caught.value.hint


def test_another_version_of_go_builds_anew(cache, notes, monkeypatch):
    first = binaries.ensure(cache, ["kind"])
    monkeypatch.setenv("VERSION", "go1.27.0")

    assert binaries.ensure(cache, ["kind"]) != first


def test_two_entries_of_a_module_are_kept_the_last_used_ones(cache, notes, monkeypatch):
    def build(version):
        monkeypatch.setenv("VERSION", version)
        return binaries.ensure(cache, ["kind"])["kind"]

    first, second = build("go1.26.1"), build("go1.26.2")
    os.utime(first.parent, (1, 1))
    os.utime(second.parent, (2, 2))

    build("go1.26.1")  # is of use again
    third = build("go1.26.3")

    assert [it.exists() for it in (first, second, third)] == [True, False, True]


def test_a_name_that_no_recipe_makes_is_refused(cache):
    with pytest.raises(ValueError, match=r"^no recipe makes dockerd, nginx$"):
        binaries.ensure(cache, ["nginx", "kind", "dockerd"])


@pytest.fixture
def sources(tmp_path):
    return shutil.copytree(golang.MODULES / "kubernetes", tmp_path / "sources")


def test_the_key_is_the_same_for_the_same_things(sources):
    assert binaries.key(KIND, sources, "go1.26.8") == binaries.key(KIND, sources, "go1.26.8")


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_the_key_changes_with_each_file_of_the_module(sources, name):
    before = binaries.key(KIND, sources, "go1.26.8")
    (sources / name).write_text("// changed\n")

    assert binaries.key(KIND, sources, "go1.26.8") != before


def test_the_key_changes_with_a_file_that_is_added(sources):
    before = binaries.key(KIND, sources, "go1.26.8")
    (sources / "more.go").write_text("")

    assert binaries.key(KIND, sources, "go1.26.8") != before


def test_the_key_does_not_change_with_what_is_no_source(sources):
    before = binaries.key(KIND, sources, "go1.26.8")
    (sources / "main.go~").write_text("")
    (sources / "vendor").mkdir()

    assert binaries.key(KIND, sources, "go1.26.8") == before


def test_the_key_changes_with_the_recipe_the_version_and_the_settings_of_go(sources, monkeypatch):
    other = replace(KIND, variables={"main.version": "{version}"})
    keys = [
        binaries.key(KIND, sources, "go1.26.8"),
        binaries.key(other, sources, "go1.26.8"),
        binaries.key(KIND, sources, "go1.26.9"),
    ]
    monkeypatch.setitem(golang.SETTINGS, "GOFLAGS", "-race")
    keys.append(binaries.key(KIND, sources, "go1.26.8"))

    assert len(set(keys)) == 4
