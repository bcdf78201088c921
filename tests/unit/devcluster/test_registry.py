"""What is asked of a registry, and which of its images are kept."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from devcluster import contained
from devcluster.errors import ClusterError
from devcluster.images import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        known = {"/v2/step/manifests/1": 200, "/v2/broken/manifests/1": 500}
        wanted = "application/vnd.oci.image.manifest.v1+json" in self.headers["Accept"]
        self.send_response(known.get(self.path, 404) if wanted else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        del format, args


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    tags = tmp_path / "docker/registry/v2/repositories/step/_manifests/tags"
    for age, tag in enumerate("bafcedg"):
        link = tags / tag / "current" / "link"
        link.parent.mkdir(parents=True)
        link.touch()
        os.utime(link, (1000 - age, 1000 - age))
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[object]]:
    found: list[list[object]] = []
    monkeypatch.setattr(contained, "run", lambda argv, **_: found.append(list(argv)))
    return found


def tags_of(files: Path) -> set[str]:
    tags = files / "docker/registry/v2/repositories/step/_manifests/tags"
    return {it.name for it in tags.iterdir()}


def test_what_a_registry_lacks_is_named(address: str):
    assert registry.lacks(address, {"step": "1", "control": "1"}) == ["control"]


def test_another_tag_of_a_known_image_is_lacking(address: str):
    assert registry.lacks(address, {"step": "2"}) == ["step"]


def test_a_registry_that_fails_is_no_registry_that_lacks(address: str):
    with pytest.raises(ClusterError, match=r"^the registry answered 500 when asked for broken:1$"):
        registry.lacks(address, {"broken": "1"})


def test_a_registry_that_is_not_there_is_named_by_its_address():
    with pytest.raises(ClusterError, match=r"^the registry at 127\.0\.0\.1:1 does not answer: "):
        registry.lacks("127.0.0.1:1", {"step": "1"})


def test_the_images_pushed_last_are_kept(files: Path, tmp_path: Path, commands: list[list[object]]):
    registry.prune(files, "step", configuration=tmp_path / "registry.yaml")

    assert tags_of(files) == set("bafce")
    assert commands == [
        ["docker-registry", "garbage-collect", "--delete-untagged", tmp_path / "registry.yaml"]
    ]


def test_nothing_is_collected_while_there_is_no_image_too_many(
    files: Path, tmp_path: Path, commands: list[list[object]]
):
    registry.prune(files, "step", configuration=tmp_path / "registry.yaml")
    commands.clear()

    registry.prune(files, "step", configuration=tmp_path / "registry.yaml")

    assert commands == []
