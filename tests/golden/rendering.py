"""The golden Workflows: jobs beside what is to become of them, in ``tests/golden/workflows``.

After a change that is meant, write them anew and read the difference::

    .venv/bin/python -m tests.golden.rendering
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from pkg_argo import workflows
from pkg_argo.job import SQLFlowJob
from pkg_argo.workflows import WorkflowSettings
from sqlflow.plan import Program, plan_program

FOLDER: Final = Path(__file__).with_name("workflows")
NAMES: Final = sorted(file.name.removesuffix(".job.yaml") for file in FOLDER.glob("*.job.yaml"))
IMAGE: Final = "registry.example.org/sqlflow/step:golden"


def job(name: str) -> SQLFlowJob:
    """Return a job of the folder."""
    text = (FOLDER / f"{name}.job.yaml").read_text(encoding="utf-8")
    return SQLFlowJob.from_dict(yaml.safe_load(text))


def plan(of: SQLFlowJob) -> Program:
    """Plan a job's program as the operator does."""
    return plan_program(
        of.spec.program or "",
        dialect=of.spec.data_source.dialect,
        execution=of.spec.execution,
        shared_files=False,
    )


def render(of: SQLFlowJob) -> dict[str, Any]:
    """Return the Workflow of a job, as it is now."""
    return workflows.build(of, plan(of), WorkflowSettings(image=IMAGE))


def golden(name: str) -> dict[str, Any]:
    """Return the Workflow that is expected."""
    found: dict[str, Any] = yaml.safe_load(_file(name).read_text(encoding="utf-8"))
    return found


def _file(name: str) -> Path:
    return FOLDER / f"{name}.workflow.yaml"


def _main() -> None:
    for name in NAMES:
        text = yaml.dump(render(job(name)), Dumper=_Dumper, sort_keys=False, width=100)
        _file(name).write_text(text, encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Writes the same thing again where it stands twice, for who reads the file."""

    def ignore_aliases(self, data: object) -> bool:
        return True


if __name__ == "__main__":
    _main()
