"""Images run as they are meant to, are bounded in number, and a killed build leaves nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devcluster import contained
from devcluster.errors import ClusterError
from devcluster.go import binaries
from devcluster.images import registry
from devcluster.images.buildah import Storage
from devcluster.places import PROJECT
from tests.cluster.support import manifests
from tests.cluster.support.polling import eventually
from tests.cluster.test_contained import processes_with, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

IMAGE = "sqlflow.local/tiny"
# A build that does not end by itself: `pause` waits for a signal.
ENDLESS = 'FROM scratch\nCOPY pause /pause\nRUN ["/pause"]\n'
BUILD = """
import sys
from pathlib import Path
from devcluster.images.buildah import Storage
root, temporary, context = map(Path, sys.argv[1:])
Storage(root, temporary).build("tiny:1", dockerfile=context / "Dockerfile", context=context)
"""
CONFIGURATION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {files}}}, delete: {{enabled: true}}}}
http: {{addr: "{address}"}}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # buildah takes no storage whose path is long, as pytest's are.
    with tempfile.TemporaryDirectory(prefix="images-") as made:
        yield Path(made)


@pytest.fixture
def storage(folder: Path) -> Storage:
    (folder / "temporary").mkdir()
    return Storage(folder / "storage", folder / "temporary")


@pytest.fixture
def context(folder: Path, cluster: Cluster) -> Path:
    """A folder to build from, with a program."""
    made = folder / "context"
    made.mkdir()
    pause = binaries.ensure(cluster.places.cache, ["pause"])["pause"]
    (made / "pause").write_bytes(pause.read_bytes())
    (made / "pause").chmod(0o755)
    return made


def build(storage: Storage, context: Path, tag: str) -> str:
    """Build a tiny image that differs by its tag; return its place."""
    (context / "Dockerfile").write_text(
        'FROM scratch\nCOPY pause /\nCOPY tag /\nUSER 8737:8737\nENTRYPOINT ["/pause"]\n'
    )
    (context / "tag").write_text(tag)
    storage.build(f"{IMAGE}:{tag}", dockerfile=context / "Dockerfile", context=context)
    return storage.place(f"{IMAGE}:{tag}")


def as_it_is(image: str, environment: dict[str, str]) -> dict[str, Any]:
    """A pod that runs what the image itself says."""
    body = manifests.pod("probe", image, "")
    [container] = body["spec"]["containers"]
    container.pop("command", None)
    container.pop("args", None)
    container["env"] = [{"name": name, "value": value} for name, value in environment.items()]
    return body


async def test_a_steps_image_runs_the_step_runner(cluster: Cluster, namespace: Playground):
    await namespace.create_pod(as_it_is(cluster.images["step"], {}))

    await namespace.ended("probe")

    assert await namespace.log("probe") == "usage: python -m sqlflow.step PROGRAM_FILE INDEX\n"


async def test_the_image_control_runs_the_server(cluster: Cluster, namespace: Playground):
    images = await asyncio.to_thread(cluster.flavour.load, ["control"])
    settings = {
        "SQLFLOW_LISTEN": "127.0.0.1:50051",
        "SQLFLOW_STATE_DIRECTORY": "/tmp/state",
    }
    await namespace.create_pod(as_it_is(images["control"], settings))

    # The one line of its standard output says that it serves.
    log = await eventually(
        lambda: _log(namespace), lambda it: "127.0.0.1:50051\n" in it, what="the server serves"
    )

    assert "127.0.0.1:50051" in log.splitlines()
    assert await namespace.is_running("probe")


async def _log(namespace: Playground) -> str:
    await namespace.running("probe")
    return await namespace.log("probe")


@pytest.mark.node_flavour
@pytest.mark.parametrize("kind", ["docker-archive", "oci"])
async def test_an_image_from_elsewhere_runs(
    kind: str,
    cluster: Cluster,
    namespace: Playground,
    storage: Storage,
    context: Path,
):
    source = f"{kind}:{context.parent / 'Some_Tool'}"
    what = "exporting an image"
    contained.run(["skopeo", "copy", build(storage, context, "1"), source], what=what)

    loaded = await asyncio.to_thread(cluster.flavour.load, [source])
    await namespace.create_pod(as_it_is(loaded[source], {}))

    assert loaded[source].startswith("sqlflow.local/some-tool:")
    await namespace.running("probe")
    assert await namespace.is_running("probe")


@pytest.mark.node_flavour
def test_a_killed_build_leaves_nothing_and_the_next_one_works(
    storage: Storage, context: Path, folder: Path
):
    (context / "Dockerfile").write_text(ENDLESS)
    places = map(str, (storage.root, storage.temporary, context))
    command = subprocess.Popen([sys.executable, "-c", BUILD, *places], cwd=PROJECT)
    try:
        wait_until("the build runs the program", lambda: executing(folder))
        assert str(folder) not in Path("/proc/self/mountinfo").read_text()
    finally:
        command.kill()
        command.wait()

    wait_until("no process is left", lambda: not running(folder))
    wait_until("no mount is left", lambda: not mounting(folder))
    (folder / "next").mkdir()
    after = Storage(storage.root, folder / "next")
    after.clean()
    build(after, context, "1")
    assert after.has(f"{IMAGE}:1")


def running(folder: Path) -> list[str]:
    return processes_with(str(folder), "cmdline")


def executing(folder: Path) -> set[str]:
    """Return the program that the build runs, in a root that is mounted from the storage."""
    return {*processes_with("/pause", "cmdline")} & {*mounting(folder)}


def mounting(folder: Path) -> list[str]:
    return processes_with(str(folder), "mountinfo")


@pytest.mark.node_flavour
def test_the_newest_images_of_a_name_are_kept_with_what_they_are_made_of(
    storage: Storage, context: Path
):
    for tag in "abcde":
        build(storage, context, tag)
        storage.prune(IMAGE)

    assert [tag for tag in "abcde" if storage.has(f"{IMAGE}:{tag}")] == ["c", "d", "e"]


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A registry with files of its own, which are in ``folder / "registry"``."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    configuration = folder / "registry.yaml"
    configuration.write_text(CONFIGURATION.format(files=folder / "registry", address=address))
    argv = ["docker-registry", "serve", str(configuration)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            wait_until("the registry answers", lambda: answers(address))
            yield address
        finally:
            process.kill()
            process.wait()


def answers(address: str) -> bool:
    try:
        return registry.lacks(address, {"tiny": "a"}) == ["tiny"]
    except ClusterError:
        return False


@pytest.mark.node_flavour
def test_a_registry_keeps_the_newest_images_and_takes_an_old_one_again(
    address: str, storage: Storage, context: Path, folder: Path
):
    files, tags = folder / "registry", "abcdefg"
    for tag in tags:
        registry.push(build(storage, context, tag), address, "tiny", tag)
        registry.prune(files, "tiny", configuration=folder / "registry.yaml")

    blobs = len(list(files.glob("docker/registry/v2/blobs/sha256/*/*")))
    assert lacking(address, tags) == ["a", "b"]
    # Of each image its manifest, its configuration and the layer with the tag; all share a program.
    assert blobs == 5 * 3 + 1

    registry.push(storage.place(f"{IMAGE}:a"), address, "tiny", "a")
    copied = folder / "copied"
    contained.run(
        ["skopeo", "copy", "--src-tls-verify=false", f"docker://{address}/tiny:a", f"dir:{copied}"],
        what="reading an image from the registry",
    )

    assert lacking(address, tags) == ["b"]


def lacking(address: str, tags: str) -> list[str]:
    return [tag for tag in tags if registry.lacks(address, {"tiny": tag})]
