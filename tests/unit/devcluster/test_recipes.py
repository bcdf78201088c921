from __future__ import annotations

import pytest

from devcluster.go import golang
from devcluster.go.recipes import RECIPES, Recipe

GO_MOD = """module sqlflow.org/devcluster/some

go 1.26.0

tool example.org/some/v3/cmd/program

require (
	example.org/some/v3 v3.7.15 // indirect
	example.org/some/v3extra v1.0.0 // indirect
)
"""


def test_each_recipe_makes_what_others_ask_for():
    assert {recipe.module: set(recipe.names) for recipe in RECIPES} == {
        "kubernetes": {
            "kubernetes",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kube-proxy",
            "kubelet",
            "kubectl",
        },
        "argo": {"workflow-controller", "argoexec", "argo", "argo-crds"},
        "coredns": {"coredns"},
        "helm": {"helm"},
        "kind": {"kind"},
        "pause": {"pause"},
    }


def test_each_module_has_a_recipe():
    assert {it.module for it in RECIPES} == {
        it.parent.name for it in golang.MODULES.glob("*/go.mod")
    }


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda it: it.module)
def test_each_recipe_finds_the_version_that_its_module_pins(recipe):
    go_mod = (golang.MODULES / recipe.module / "go.mod").read_text()

    if recipe.dependency:
        assert recipe.version(go_mod).startswith("v")


def test_the_version_is_the_one_of_the_upstream_module_and_of_no_other():
    recipe = Recipe(module="some", packages=(), dependency="example.org/some/v3")

    assert recipe.version(GO_MOD) == "v3.7.15"


def test_the_linker_is_told_the_values_of_variables():
    recipe = Recipe(
        module="some",
        packages=(),
        variables={"a/b.version": "{version}", "a/b.both": "{major}.{minor}"},
    )

    assert recipe.settings("v1.33.13") == "-s -w -X a/b.version=v1.33.13 -X a/b.both=1.33"


def test_without_variables_the_linker_only_leaves_out_symbols():
    assert Recipe(module="some", packages=()).settings("") == "-s -w"
