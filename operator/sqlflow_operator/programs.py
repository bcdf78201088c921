"""Where the program of a job comes from, and what is kept of it.

Once it is in the ConfigMap that the steps read, that is the record: whatever becomes of the
ConfigMap that ``programFrom`` names, or of the planner in a newer operator, the plan stays.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from pkg_argo import names
from pkg_argo.kube import CONFIG_MAPS
from pkg_argo.workflows import PROGRAM_FILE
from sqlflow.errors import ProgramError
from sqlflow.plan import Program, check_executable, plan_program
from sqlflow_operator import obstacles
from sqlflow_operator.obstacles import Obstacle

if TYPE_CHECKING:
    from pkg_argo.job import SQLFlowJob
    from pkg_argo.kube import Kube, Object


async def recorded(kube: Kube, job: SQLFlowJob) -> Program | Obstacle | None:
    """Return the program as it was given to a Workflow; None if it was not."""
    name = names.program_config_map(job.metadata.name, job.metadata.uid)
    found = await kube.get(CONFIG_MAPS, job.metadata.namespace, name)
    if found is None:
        return None
    if not belongs(found, job):
        return obstacles.of_name("ConfigMap", name)
    return Program.from_json(found["data"][PROGRAM_FILE])


async def planned(kube: Kube, job: SQLFlowJob) -> Program | Obstacle:
    """Plan the program. That is computing, so it is done beside the event loop."""
    text = job.spec.program
    if text is None:
        given = await _given(kube, job)
        if isinstance(given, Obstacle):
            return given
        text = given
    try:
        return await asyncio.to_thread(_plan, text, job)
    except ProgramError as error:
        return obstacles.of_program(error)


def belongs(found: Object, job: SQLFlowJob) -> bool:
    """Whether an object is owned by this very job, not by one before it of the same name."""
    owners = found["metadata"].get("ownerReferences") or ()
    return any(owner.get("uid") == job.metadata.uid for owner in owners)


def outline(program: Program) -> Program:
    """Return the program without what is large in it: ids, kinds and places remain."""
    return replace(
        program,
        statements=tuple(
            replace(it, text="", select="", clause=None, session=(), reads=(), writes=(), after=())
            for it in program.statements
        ),
    )


async def _given(kube: Kube, job: SQLFlowJob) -> str | Obstacle:
    assert job.spec.program_from is not None, "the API server takes no job without a program"
    reference = job.spec.program_from.config_map_key_ref
    found = await kube.get(CONFIG_MAPS, job.metadata.namespace, reference.name)
    if found is None:
        return obstacles.of_reference(f"There is no ConfigMap {reference.name}")
    text = (found.get("data") or {}).get(reference.key)
    if text is None:
        what = f"The ConfigMap {reference.name} has no text under {reference.key}"
        return obstacles.of_reference(what)
    return str(text)


def _plan(text: str, job: SQLFlowJob) -> Program:
    program = plan_program(
        text,
        dialect=job.spec.data_source.dialect,
        execution=job.spec.execution,
        shared_files=False,
    )
    check_executable(program)
    return program
