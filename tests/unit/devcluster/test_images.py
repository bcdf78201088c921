"""What an image's tag depends on, and what a build takes over from the machine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from devcluster import images
from devcluster.images import buildah, docker, host_settings
from devcluster.images.image_sources import PROGRAMS, SOURCES, tags

PROJECT = Path(__file__).resolve().parents[3]
BUILT = {name: Path("/cache", f"{name}-1", name) for name in PROGRAMS}


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    return tags(PROJECT, BUILT, "bookworm")


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def copied(target: Path) -> Path:
    for name in {it for source in SOURCES.values() for it in (source.dockerfile, *source.files)}:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target / name)
        else:
            shutil.copy(PROJECT / name, target / name)
    return target


@pytest.mark.parametrize(
    ("file", "images"),
    [
        ("sqlflow/__init__.py", {"control", "step"}),
        ("server/sqlflow_server/main.py", {"control"}),
        ("operator/sqlflow_operator/__init__.py", {"control"}),
        ("argo_templates/step.yaml.j2", {"control"}),
        ("deploy/images/step.lock", {"step"}),
        ("deploy/images/Dockerfile", {"control", "step"}),
        ("devcluster/images/mariadb/serve", {"mariadb"}),
    ],
)
def test_a_changed_file_is_a_new_tag_of_what_it_is_in(
    file: str, images: set[str], before: dict[str, str], tmp_path: Path
):
    project = copied(tmp_path)
    with (project / file).open("a") as opened:
        opened.write("\n")

    assert changed(before, tags(project, BUILT, "bookworm")) == images


def test_a_new_base_is_a_new_tag_of_all_that_start_from_it(before: dict[str, str]):
    assert changed(before, tags(PROJECT, BUILT, "trixie")) == {
        *("base", "mariadb", "postgresql", "control", "step")
    }


def test_a_program_built_anew_is_a_new_tag_of_its_image(before: dict[str, str]):
    programs = BUILT | {"pause": Path("/cache/pause-2/pause")}

    assert changed(before, tags(PROJECT, programs, "bookworm")) == {"pause"}


def test_compiled_modules_do_not_matter(before: dict[str, str], tmp_path: Path):
    project = copied(tmp_path)
    (project / "sqlflow/__pycache__").mkdir(exist_ok=True)
    (project / "sqlflow/__pycache__/new.pyc").write_bytes(b"\0")

    assert tags(project, BUILT, "bookworm") == before


@pytest.mark.parametrize("name", [it for it, source in SOURCES.items() if source.files])
def test_all_that_a_dockerfile_copies_counts(name: str):
    dockerfiles = {SOURCES[name].dockerfile}
    sharing = [it for it in SOURCES.values() if it.dockerfile in dockerfiles]
    text = (PROJECT / SOURCES[name].dockerfile).read_text("utf-8")
    sources = set(re.findall(r"^COPY (?:--chmod=\d+ )?(\S+) \S+$", text, re.MULTILINE))

    assert sources == {file for source in sharing for file in source.files}


def test_a_docker_engine_builds_from_the_same_files():
    for name, build in docker.BUILDS.items():
        assert (build.dockerfile, build.target) == (SOURCES[name].dockerfile, SOURCES[name].target)


def test_the_environment_comes_before_the_files_of_pip():
    text = "[global]\nindex-url = https://one.example/\ncert = /one.pem\n"
    environment = {"PIP_CERT": "/two.pem", "PIP_FIND_LINKS": "/wheels", "HOME": "/"}

    assert host_settings.pip_settings([text], environment) == {
        "index-url": "https://one.example/",
        "cert": "/two.pem",
    }


def test_sources_of_other_projects_are_left_out():
    listed = (
        "deb http://mirror.example/debian bookworm main\n"
        "deb http://other.example/node nodistro main\n"
        "deb http://mirror.example/debian bookworm main\n"
    )

    assert (
        host_settings.release_sources(listed, "bookworm")
        == "deb http://mirror.example/debian bookworm main\n"
    )


def test_the_newest_images_of_a_name_are_kept():
    def image(made: int, *names: str) -> dict[str, object]:
        return {"names": names or None, "createdatraw": f"2026-01-01T00:00:0{made}.5Z"}

    listed = [image(made, f"r/step:{made}") for made in (3, 1, 5, 2, 4)]

    assert buildah.outdated([*listed, image(0), image(0, "r/base:1")], "r/step") == [
        "r/step:2",
        "r/step:1",
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("docker-archive:/some/My_Tools.tar", "my-tools"),
        ("docker-archive:tools.tar:registry.example/team/other:1.2", "other"),
        ("containers-storage:[overlay@/a+/b]registry.example/tools:1", "tools"),
        ("oci:folder/tools", "tools"),
    ],
)
def test_an_image_from_elsewhere_keeps_the_last_part_of_its_name(source: str, name: str):
    assert images.foreign_name(source) == name
