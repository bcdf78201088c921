"""Writes every generated file of the repository, or checks that they are current.

Run by ``make codegen`` and, with ``--check``, by ``make check-codegen``.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import sys
import tempfile
from pathlib import Path

import yaml
from grpc_tools import protoc

from pkg_argo.crd import custom_resource_definition
from tools import example_data, reference, sklearn_table, sync_client

ROOT = Path(__file__).resolve().parent.parent
PROTO = "sqlflow/v1/sqlflow.proto"
LEGACY = "sqlflow_server/legacy"
NOTE = '"""Generated from proto/sqlflow/v1/sqlflow.proto by `make codegen`; nothing by hand."""\n'
CRD = "deploy/helm/sqlflow/files/sqlflowjobs.sqlflow.org.yaml"
CRD_NOTE = "# Generated from pkg_argo/job.py by `make codegen`; nothing by hand.\n"


def generate_proto(out: Path) -> None:
    """Write the messages, their stubs and the gRPC service below ``out``."""
    _compile(out, f"{ROOT / 'proto'}", PROTO)
    (out / "sqlflow/v1/__init__.py").write_text(NOTE, encoding="utf-8")


def generate_legacy_proto(out: Path) -> None:
    """Write the same of the protocol of 2020, as modules of the server.

    Its file is mapped to their place: by its own it would become a package called ``proto``.
    """
    (out / "server").mkdir()
    _compile(out / "server", f"{LEGACY}={ROOT / 'proto/legacy'}", f"{LEGACY}/sqlflow.proto")


def _compile(out: Path, path: str, name: str) -> None:
    arguments = [
        "protoc",
        f"-I{path}",
        f"-I{Path(protoc.__file__).parent / '_proto'}",
        f"--python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--grpc_python_out={out}",
        name,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc refused " + name)


def generate_crd(out: Path) -> None:
    """Write the CustomResourceDefinition, which the chart installs."""
    file = out / CRD
    file.parent.mkdir(parents=True)
    text = yaml.safe_dump(
        custom_resource_definition(), sort_keys=False, allow_unicode=True, width=100
    )
    file.write_text(CRD_NOTE + text, encoding="utf-8")


GENERATORS = (
    generate_proto,
    generate_legacy_proto,
    generate_crd,
    sklearn_table.generate,
    sync_client.generate,
    example_data.generate,
    reference.generate,
)


def main() -> int:
    """Write or check; with ``--check``, exit code 1 when a committed file is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    # The generators call tools of this environment (ruff, protoc-gen-mypy), activated or not.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for generate in GENERATORS:
            generate(out)
        files = sorted(p.relative_to(out) for p in out.rglob("*") if p.is_file())
        stale = [f for f in files if not _same(out / f, ROOT / f)]
        if not check:
            for file in stale:
                (ROOT / file).parent.mkdir(parents=True, exist_ok=True)
                (ROOT / file).write_bytes((out / file).read_bytes())
    for file in stale:
        print(f"{'not current' if check else 'written'}: {file}")
    return 1 if check and stale else 0


def _same(new: Path, old: Path) -> bool:
    return old.exists() and filecmp.cmp(new, old, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
