"""What is built, from what, and in which order. A storage that only notes what it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devcluster import contained, images
from devcluster.go import binaries
from devcluster.images import host_settings, registry
from devcluster.images.buildah import Storage
from devcluster.images.image_sources import SOURCES
from devcluster.places import Places

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path("/project")
REFERENCES = {name: f"sqlflow.local/{name}:1" for name in SOURCES}


class Built:
    """What was asked of the storage, the registry and mmdebstrap."""

    def __init__(self, here: Sequence[str] = ()) -> None:
        self.here = list(here)
        self.builds: list[dict[str, Any]] = []
        self.pushed: list[str] = []

    @property
    def names(self) -> list[str]:
        return [it["reference"] for it in self.builds]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Built:
    made = Built()

    def build(_storage: Storage, reference: str, **how: Any) -> None:
        made.builds.append({"reference": reference, **how})
        made.here.append(reference)

    def lacks(_address: str, wanted: dict[str, str]) -> list[str]:
        return [name for name in wanted if name not in made.pushed]

    def push(_source: str, _address: str, name: str, _tag: str) -> None:
        made.pushed.append(name)

    program = tmp_path / "binaries/pause"
    monkeypatch.setattr(Storage, "has", lambda _, reference: reference in made.here)
    monkeypatch.setattr(Storage, "build", build)
    monkeypatch.setattr(Storage, "clean", lambda _: None)
    monkeypatch.setattr(Storage, "prune", lambda *_: None)
    monkeypatch.setattr(contained, "run", lambda *_, **__: "")
    monkeypatch.setattr(host_settings, "mirrors", lambda: MIRRORS)
    monkeypatch.setattr(host_settings, "volumes", lambda _: ["here:there:ro"])
    monkeypatch.setattr(binaries, "ensure", lambda _cache, names: dict.fromkeys(names, program))
    monkeypatch.setattr(images, "references", lambda _: REFERENCES)
    monkeypatch.setattr(registry, "lacks", lacks)
    monkeypatch.setattr(registry, "push", push)
    monkeypatch.setattr(registry, "prune", lambda *_, **__: None)
    return made


MIRRORS = host_settings.Mirrors(release="bookworm", sources="", options="")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(project=PROJECT, cache=tmp_path, state=tmp_path, api_port=1, registry_port=2)


def test_a_base_is_built_before_what_starts_from_it(built: Built, places: Places):
    assert images.ensure(places, ["step"], push="r:1") == {"step": "sqlflow.local/step:1"}

    assert built.names == ["sqlflow.local/base:1", "sqlflow.local/step:1"]
    assert built.pushed == ["step"]


def test_a_base_is_built_once(built: Built, places: Places):
    images.ensure(places, ["step", "mariadb"], push="r:1")

    assert built.names == [
        "sqlflow.local/base:1",
        "sqlflow.local/step:1",
        "sqlflow.local/mariadb:1",
    ]


def test_what_the_registry_has_is_not_built(built: Built, places: Places):
    built.pushed = ["step"]

    assert images.ensure(places, ["step"], push="r:1") == {"step": "sqlflow.local/step:1"}
    assert built.names == []


def test_what_is_built_but_was_not_pushed_is_pushed(built: Built, places: Places):
    built.here = ["sqlflow.local/step:1"]

    images.ensure(places, ["step"], push="r:1")

    assert (built.names, built.pushed) == ([], ["step"])


def test_our_code_is_built_from_the_checkout_with_what_the_machine_gives(
    built: Built, places: Places
):
    built.here = ["sqlflow.local/base:1"]

    images.ensure(places, ["step"], push="r:1")

    assert built.builds == [
        {
            "reference": "sqlflow.local/step:1",
            "dockerfile": PROJECT / "deploy/images/Dockerfile",
            "context": PROJECT,
            "target": "step",
            "base": "sqlflow.local/base:1",
            "volumes": ["here:there:ro"],
        }
    ]


def test_a_programs_image_is_built_from_its_folder_alone(
    built: Built, places: Places, tmp_path: Path
):
    images.ensure(places, ["pause"], push="r:1")

    assert built.builds == [
        {
            "reference": "sqlflow.local/pause:1",
            "dockerfile": PROJECT / "devcluster/images/pause/Dockerfile",
            "context": tmp_path / "binaries",
            "target": "",
            "base": "",
            "volumes": (),
        }
    ]
