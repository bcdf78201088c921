"""What a build takes over from this machine is mounted, and nowhere in an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devcluster.images import host_settings
from devcluster.images.host_settings import Mirrors

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX = "https://user:hush@index.example/simple"


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = "deb http://mirror.example/debian bookworm main\n"
    found = Mirrors(release="bookworm", sources=sources, options='Acquire::http::Proxy "p";\n')
    monkeypatch.setattr(host_settings, "mirrors", lambda: found)


def mounted(folder: Path, environment: Mapping[str, str]) -> dict[str, Path]:
    """Return what is mounted where; all of it for reading only."""
    volumes = [it.split(":") for it in host_settings.volumes(folder, environment)]
    assert {mode for _, _, mode in volumes} == {"ro"}
    return {here: Path(there) for there, here, _ in volumes}


@pytest.mark.usefixtures("mirrors")
def test_the_index_with_its_password_is_in_a_mounted_file_alone(tmp_path: Path):
    environment = {"HOME": str(tmp_path / "home"), "PIP_INDEX_URL": INDEX}

    volumes = host_settings.volumes(tmp_path / "host", environment)
    found = mounted(tmp_path / "again", environment)

    assert not any("hush" in it for it in volumes)
    settings = (found["/etc/xdg/pip"] / "pip.conf").read_text().splitlines()
    assert f"index-url = {INDEX}" in settings


@pytest.mark.usefixtures("mirrors")
def test_a_build_gets_packages_as_this_machine_does(tmp_path: Path):
    found = mounted(tmp_path / "host", {"HOME": str(tmp_path)})

    assert (found["/etc/apt/sources.list.d"] / "sources.list").read_text() == (
        "deb http://mirror.example/debian bookworm main\n"
    )
    assert found["/etc/apt/apt.conf.d/99host"].read_text() == 'Acquire::http::Proxy "p";\n'


@pytest.mark.usefixtures("mirrors")
def test_a_certificate_that_pip_trusts_is_there_under_the_same_name(tmp_path: Path):
    certificate = tmp_path / "trusted.pem"
    certificate.write_text("certificate")

    found = mounted(tmp_path / "host", {"HOME": "/nowhere", "PIP_CERT": str(certificate)})

    assert found[str(certificate)] == certificate


def test_what_pip_is_told_of_other_things_stays_here(tmp_path: Path):
    text = "[global]\ntarget = /somewhere\nretries = 7\n[install]\nproxy = http://proxy.example\n"

    assert host_settings.pip_settings([text], {"PIP_TARGET": str(tmp_path)}) == {
        "retries": "7",
        "proxy": "http://proxy.example",
    }


def test_of_apts_options_those_that_reach_a_mirror_are_kept():
    dumped = 'APT::Install-Recommends "0";\nAcquire::https::CaInfo "/ca.pem";\nDir "/";\n'

    assert host_settings.network_options(dumped) == 'Acquire::https::CaInfo "/ca.pem";\n'
