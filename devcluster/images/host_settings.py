"""What a build takes over from this machine: mirrors, the package index, who is trusted.

Each is mounted while the build runs and never copied, so that it is in no image, and in no image's
history as an argument would be: an index's address may hold a password.
"""

from __future__ import annotations

import configparser
import io
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devcluster import contained, files
from devcluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The file alone: packages may put certificates of their own into the folder.
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
# Of pip's settings, those that say how to reach an index.
PIP: Final = frozenset(
    {"index-url", "extra-index-url", "trusted-host", "cert", "proxy", "timeout", "retries"}
)
APT: Final = ("Acquire::http", "Acquire::https", "Acquire::Check-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """Where Debian's packages come from.

    Attributes:
        release: the name of this machine's release, such as ``bookworm``.
        sources: lines as in ``sources.list``.
        options: apt's options for getting there.
    """

    release: str
    sources: str
    options: str


def release() -> str:
    """Return the name of this machine's release.

    Raises:
        ClusterError: it has none that a base image could be made of.
    """
    name = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    if not name:
        raise ClusterError("images are made of this machine's Debian release, and it has no name")
    return name


def mirrors() -> Mirrors:
    """Ask apt how this machine gets its packages.

    Raises:
        ClusterError: there is no apt, or it knows of no packages of this release.
    """
    name, what = release(), "asking apt for its mirrors"
    line = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    asked = ("apt-get", "indextargets", "--format", line, "Created-By: Packages")
    sources = release_sources(contained.run(asked, what=what), name)
    if not sources:
        raise ClusterError(f"apt has no source of the release {name} of this machine")
    options = contained.run(["apt-config", "dump"], what=what)
    return Mirrors(release=name, sources=sources, options=network_options(options))


def release_sources(listed: str, name: str) -> str:
    """Keep a release's own sources and its updates; other projects' repositories go."""
    suites = (name, f"{name}-updates", f"{name}-security")
    lines = dict.fromkeys(listed.splitlines())
    return "".join(f"{it}\n" for it in lines if it.split()[2] in suites)


def network_options(dumped: str) -> str:
    """Keep the options that say how to get packages."""
    return "".join(f"{it}\n" for it in dumped.splitlines() if it.startswith(APT))


def pip_settings(texts: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return how pip reaches its index, the environment coming before the files."""
    found: dict[str, str] = {}
    for text in texts:
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= dict(parser.items(section))
    for name, value in environment.items():
        if name.startswith("PIP_"):
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return {name: value for name, value in found.items() if name in PIP and value}


def volumes(folder: Path, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Write what builds need into a folder of theirs; return what to mount, as ``FROM:TO:ro``."""
    debian = mirrors()
    pip = pip_settings(_pip_files(environment), environment)
    pairs = []
    for name, text, place in (
        ("sources.list", debian.sources, "/etc/apt/sources.list.d"),
        ("99host", debian.options, "/etc/apt/apt.conf.d/99host"),
        ("pip.conf", _ini(pip), "/etc/xdg/pip"),
    ):
        (folder / name).mkdir(parents=True)
        files.write(folder / name / name, text.encode(), mode=0o644)
        # The options are a file among others: packages put files of their own beside it.
        mounted = folder / name / name if place.endswith(name) else folder / name
        pairs.append((str(mounted), place))
    trusted = {CERTIFICATES, Path(pip.get("cert", CERTIFICATES))}
    pairs += [(str(it), str(it)) for it in trusted if it.is_file()]
    return [f"{there}:{here}:ro" for there, here in pairs]


def _pip_files(environment: Mapping[str, str]) -> list[str]:
    home = Path(environment.get("HOME", "/"))
    places = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    if named := environment.get("PIP_CONFIG_FILE"):
        places.append(Path(named))
    return [it.read_text("utf-8") for it in places if it.is_file()]


def _ini(settings: Mapping[str, str]) -> str:
    parser = configparser.RawConfigParser()
    parser.read_dict({"global": settings})
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()
