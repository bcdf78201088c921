"""What the documents name is there: files, make targets, modules, options of the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def read(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = _FENCE.sub("", path.read_text("utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str):
    links = re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", _FENCE.sub("", read(document)))
    broken = []
    for link in links:
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_there_are_documents_with_links():
    assert "README.md" in DOCUMENTS
    assert "](docs/language.md)" in read("README.md")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_exists(document: str):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([a-z-]+)", read(document), re.MULTILINE))

    assert named
    assert named - targets == set()


def is_module(name: str) -> bool:
    package, _, rest = name.partition(".")
    folder = {"sqlflow_server": "server/", "sqlflow_cli": "cli/"}.get(package, "")
    path = f"{folder}{package}/{rest.replace('.', '/')}"
    return (ROOT / path).is_dir() or (ROOT / f"{path}.py").exists()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_and_module_exists(document: str):
    text = read(document)
    files = re.findall(r"`((?:sqlflow|server|cli|proto|tests|tools|docs|examples)/[\w./-]+)`", text)
    # The domain of errors and the package of the protocol look like modules and are none.
    modules = re.findall(
        r"`((?:sqlflow|sqlflow_server|sqlflow_cli)\.(?!org|v1)[a-z][a-z.]+)`", text
    )

    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in modules if not is_module(name)] == []


def test_the_modules_of_the_architecture_are_looked_for():
    assert "`sqlflow.transcript`" in read("docs/architecture.md")
    assert is_module("sqlflow.transcript")
    assert not is_module("sqlflow.transcripts")
