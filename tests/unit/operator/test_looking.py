"""One look at a job, from what the API server has to what it has then."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlflow_operator.acting import Actor
from sqlflow_operator.failpoints import FailPoints
from sqlflow_operator.looking import Key, Looker
from sqlflow_operator.memory import Memory
from sqlflow_operator.metrics import Metrics

from pkg_argo import names
from pkg_argo.kube import CONFIG_MAPS, EVENTS, JOBS, PODS, WORKFLOWS, Object, Resource
from pkg_argo.kube_errors import RefusedError
from sqlflow.errors import BusyError, UnavailableError
from tests.unit.operator.clusters import FakeKube
from tests.unit.operator.jobs import (
    NOW,
    POLICY,
    UID,
    WORKFLOW,
    job_object,
    owner,
    pod,
    submitted,
    workflow,
)

KEY = Key("jobs", "iris")


def looker(kube: FakeKube) -> Looker:
    metrics = Metrics()
    actor = Actor(kube=kube, metrics=metrics, fail_points=FailPoints(), clock=lambda: NOW)
    return Looker(kube=kube, actor=actor, policy=POLICY, memory=Memory(), metrics=metrics)


def status(kube: FakeKube):
    return kube.objects["sqlflowjobs", "jobs", "iris"]["status"]


def interference(kube: FakeKube, verb: str, resource: Resource, body: Object):
    """Have somebody else write an object just before a write of ours."""

    def write(its_verb: str, its_resource: Resource) -> None:
        if (its_verb, its_resource) == (verb, resource):
            kube.put(resource, body)

    return write


async def test_a_new_job_costs_a_workflow_a_config_map_a_status_and_an_event():
    kube = FakeKube((JOBS, job_object()))
    await looker(kube).look(KEY)
    assert kube.writes == [
        "create workflows",
        "create configmaps",
        "patch sqlflowjobs",
        "create events",
    ]
    made = kube.objects["workflows", "jobs", WORKFLOW]
    assert status(kube)["workflow"] == {"name": WORKFLOW, "uid": made["metadata"]["uid"]}
    assert status(kube)["phase"] == "Pending"


async def test_a_look_at_what_is_settled_writes_nothing():
    kube = FakeKube((JOBS, job_object()))
    one = looker(kube)
    await one.look(KEY)
    kube.writes.clear()
    await one.look(KEY)
    assert kube.writes == []


async def test_what_a_look_writes_is_no_news_to_it():
    kube = FakeKube((JOBS, job_object()))
    one = looker(kube)
    await one.look(KEY)
    made, job = (kube.objects[kind, "jobs", name] for kind, name in WRITTEN)
    assert one.memory.is_no_news(WORKFLOWS.kind, made["metadata"])
    assert one.memory.is_echo(job["metadata"])


async def test_the_status_that_ends_a_job_is_news_which_another_look_settles():
    kube = FakeKube((JOBS, job_object({"program": "SELECT 1 TO TRIAN m"})))
    one = looker(kube)
    await one.look(KEY)
    meta = kube.objects["sqlflowjobs", "jobs", "iris"]["metadata"]
    assert not one.memory.is_echo(meta)
    await one.look(KEY)
    assert one.memory.is_over(meta)


async def test_a_job_that_is_gone_needs_nothing():
    kube = FakeKube()
    assert await looker(kube).look(KEY) is None
    assert kube.writes == []


async def test_a_job_that_is_going_is_left_alone():
    kube = FakeKube((JOBS, job_object(deletionTimestamp="2026-05-01T12:00:00Z")))
    assert await looker(kube).look(KEY) is None
    assert kube.writes == []


async def test_a_workflow_that_an_earlier_operator_made_is_adopted():
    """It died between the create and the status, and another made it in between our reads."""
    kube = FakeKube((JOBS, job_object()))

    kube.before = interference(kube, "create", WORKFLOWS, workflow(""))
    await looker(kube).look(KEY)
    assert status(kube)["workflow"]["uid"] == "wf-1"


@pytest.mark.parametrize("seen_first", [True, False])
async def test_the_workflow_of_something_else_is_never_taken(seen_first):
    kube = FakeKube((JOBS, job_object()))
    other = workflow("")
    other["metadata"]["ownerReferences"] = owner("another-uid")
    if seen_first:
        kube.put(WORKFLOWS, other)
    else:
        kube.before = interference(kube, "create", WORKFLOWS, other)
    await looker(kube).look(KEY)
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Failed", "NameConflict")
    assert "workflow" not in status(kube)


async def test_a_program_that_does_not_parse_makes_nothing_but_a_status():
    broken = {"program": "SELECT 1;\nSELECT * FROM t TO TRIAN m"}
    kube = FakeKube((JOBS, job_object(broken)))
    await looker(kube).look(KEY)
    assert kube.writes == ["patch sqlflowjobs", "create events"]
    assert status(kube)["reason"] == "ProgramInvalid"
    assert "statement 2, line 2, column 20" in status(kube)["message"]


async def test_the_program_that_a_workflow_was_given_is_the_one_that_runs():
    kube = FakeKube((JOBS, job_object({"program": None, "programFrom": FROM})))
    kube.put(CONFIG_MAPS, source("SELECT 1"))
    await looker(kube).look(KEY)
    kube.put(CONFIG_MAPS, source("SELECT 1; SELECT 2; SELECT 3"))
    kube.writes.clear()
    await looker(kube).look(KEY)
    assert kube.writes == []
    assert [step["id"] for step in status(kube)["steps"]] == ["s01-select"]


async def test_a_program_that_changed_before_its_workflow_got_it_is_told_apart():
    kube = FakeKube((JOBS, job_object({"program": None, "programFrom": FROM})))
    kube.put(CONFIG_MAPS, source("SELECT 1"))
    await looker(kube).look(KEY)
    del kube.objects["configmaps", "jobs", WORKFLOW]  # As if the operator had died before it.
    kube.put(CONFIG_MAPS, source("SELECT 1; SELECT 2"))
    assert await looker(kube).look(KEY) == 10
    assert status(kube)["reason"] == "ProgramChanged"
    assert ("configmaps", "jobs", WORKFLOW) not in kube.objects


async def test_a_program_that_is_taken_away_from_steps_that_ran_is_not_planned_anew():
    begun = submitted(steps=[{"id": "s01-select", "kind": "standard", "phase": "Succeeded"}])
    kube = FakeKube((JOBS, job_object(status=begun)), (WORKFLOWS, workflow()))
    await looker(kube).look(KEY)
    assert "create configmaps" not in kube.writes


async def test_a_job_whose_status_was_taken_away_is_not_run_again():
    kube = FakeKube((JOBS, job_object()))
    await looker(kube).look(KEY)
    del kube.objects["workflows", "jobs", WORKFLOW]
    kube.objects["sqlflowjobs", "jobs", "iris"]["status"] = {}
    await looker(kube).look(KEY)
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Failed", "WorkflowLost")
    assert kube.writes.count("create workflows") == 1


async def test_a_program_that_is_not_there_is_asked_for_again():
    kube = FakeKube((JOBS, job_object({"program": None, "programFrom": FROM})))
    one = looker(kube)
    assert await one.look(KEY) == 10
    assert status(kube)["message"].startswith("There is no ConfigMap programs")
    kube.put(CONFIG_MAPS, source("SELECT 1"))
    await one.look(KEY)
    assert status(kube)["workflow"]["name"] == WORKFLOW


async def test_a_job_that_somebody_writes_to_is_read_again():
    kube = FakeKube((JOBS, job_object()))
    changes = iter([True])

    def somebody_cancels(verb, resource):
        if (verb, resource) == ("patch", JOBS) and next(changes, False):
            kube.put(JOBS, job_object({"cancel": "Graceful"}))

    kube.before = somebody_cancels
    await looker(kube).look(KEY)
    assert kube.objects["workflows", "jobs", WORKFLOW]["spec"]["shutdown"] == "Stop"
    assert kube.writes.count("create workflows") == 1


async def test_a_workflow_made_of_a_job_that_was_cancelled_meanwhile_is_ended():
    """By an operator beside this one, which saw no Workflow to wait for."""
    kube = FakeKube((JOBS, job_object()))
    over = {"phase": "Cancelled", "finishedAt": "2026-05-01T11:59:00Z", "observedGeneration": 1}

    def the_other_cancels(verb, resource):
        if (verb, resource) == ("create", WORKFLOWS):
            kube.put(JOBS, job_object({"cancel": "Graceful"}, over))

    kube.before = the_other_cancels
    await looker(kube).look(KEY)
    assert kube.objects["workflows", "jobs", WORKFLOW]["spec"]["shutdown"] == "Terminate"
    assert status(kube)["phase"] == "Cancelled"


async def test_a_job_that_is_written_to_all_the_time_is_left_for_later():
    kube = FakeKube((JOBS, job_object()))
    kube.before = interference(kube, "patch", JOBS, job_object())
    with pytest.raises(BusyError):
        await looker(kube).look(KEY)


async def test_an_api_server_that_is_away_ends_the_look():
    kube = FakeKube((JOBS, job_object()))

    def away(verb, resource):
        raise UnavailableError("away")

    kube.before = away
    with pytest.raises(UnavailableError):
        await looker(kube).look(KEY)


def refuse(kube: FakeKube, refused: Resource = WORKFLOWS, **said):
    error = {"status": 403, "reason": "Forbidden", "detail": "no", "causes": (), **said}

    def refusing(verb, resource):
        if (verb, resource) == ("create", refused):
            raise RefusedError("create Workflow jobs/x: no", **error)

    kube.before = refusing


async def test_a_right_that_is_missing_is_said_and_waited_for():
    kube = FakeKube((JOBS, job_object()))
    refuse(kube)
    assert await looker(kube).look(KEY) == 10
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Pending", "WorkflowForbidden")


async def test_a_workflow_that_is_invalid_fails_the_job():
    kube = FakeKube((JOBS, job_object()))
    refuse(kube, status=422, reason="Invalid")
    await looker(kube).look(KEY)
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Failed", "WorkflowInvalid")


async def test_a_program_that_can_not_be_given_yet_is_said_and_tried_again():
    kube = FakeKube((JOBS, job_object()))
    refuse(kube, CONFIG_MAPS)
    one = looker(kube)
    assert (await one.look(KEY), await one.look(KEY)) == (10, 10)
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Pending", "WorkflowForbidden")
    assert kube.writes.count("patch sqlflowjobs") == 1
    kube.before = lambda _verb, _resource: None
    await one.look(KEY)
    assert status(kube)["workflow"]["name"] == WORKFLOW
    assert kube.writes.count("create workflows") == 1


async def test_a_workflow_that_never_gets_its_program_is_ended():
    kube = FakeKube((JOBS, job_object()))
    refuse(kube, CONFIG_MAPS, status=422, reason="Invalid")
    await looker(kube).look(KEY)
    assert (status(kube)["phase"], status(kube)["reason"]) == ("Failed", "WorkflowInvalid")
    assert kube.objects["workflows", "jobs", WORKFLOW]["spec"]["shutdown"] == "Terminate"


async def test_in_a_namespace_that_goes_nothing_is_said_or_tried_again():
    kube = FakeKube((JOBS, job_object()))
    refuse(kube, causes=("NamespaceTerminating",))
    assert await looker(kube).look(KEY) is None
    assert kube.writes == ["create workflows"]


async def test_an_event_that_can_not_be_made_is_no_failure():
    kube = FakeKube((JOBS, job_object()))

    def no_events(verb, resource):
        if resource == EVENTS:
            raise UnavailableError("no")

    kube.before = no_events
    await looker(kube).look(KEY)
    assert status(kube)["workflow"]["name"] == WORKFLOW


async def test_the_events_of_a_waiting_pod_are_read_once():
    kube = FakeKube((JOBS, job_object(status=submitted())), (WORKFLOWS, workflow()))
    kube.put(PODS, pod(phase="Pending", age=11))
    lists: list[str] = []
    original = kube.list

    async def counting(resource, *arguments, **options):
        lists.append(resource.plural)
        return await original(resource, *arguments, **options)

    kube.list = counting  # type: ignore[method-assign]
    one = looker(kube)
    await one.look(KEY)
    await one.look(KEY)
    assert lists.count("events") == 1


async def test_a_job_whose_time_is_over_is_deleted():
    done = {"phase": "Succeeded", "finishedAt": "2026-05-01T11:00:00Z", "observedGeneration": 1}
    kube = FakeKube((JOBS, job_object({"ttlSecondsAfterFinished": 60}, done)))
    await looker(kube).look(KEY)
    assert kube.writes == ["delete sqlflowjobs"]


async def test_what_is_made_belongs_to_the_job():
    kube = FakeKube((JOBS, job_object()))
    await looker(kube).look(KEY)
    for plural in ("configmaps", "workflows"):
        meta = kube.objects[plural, "jobs", WORKFLOW]["metadata"]
        assert [it["uid"] for it in meta["ownerReferences"]] == [UID]
        assert meta["labels"][names.JOB_LABEL] == "iris"


FROM = {"configMapKeyRef": {"name": "programs", "key": "a.sql"}}


def source(text: str):
    return {"metadata": {"name": "programs", "namespace": "jobs"}, "data": {"a.sql": text}}


WRITTEN = (("workflows", WORKFLOW), ("sqlflowjobs", "iris"))


def told(kube: FakeKube) -> Object:
    """The job as the watch tells of it."""
    return copy.deepcopy(kube.objects["sqlflowjobs", *KEY])


async def test_a_new_job_that_the_watch_told_of_is_not_read_again():
    kube = FakeKube((JOBS, job_object()))
    it = looker(kube)
    it.memory.news(told(kube), gone=False)

    await it.look(KEY)

    assert kube.asked == ["get configmaps"]
    assert status(kube)["phase"] == "Pending"


async def test_a_job_that_changed_since_the_watch_told_of_it_is_read_after_all():
    kube = FakeKube((JOBS, job_object()))
    it = looker(kube)
    it.memory.news(told(kube), gone=False)
    kube.put(JOBS, job_object({"cancel": "Graceful"}))

    await it.look(KEY)

    assert kube.writes[-1] == "patch workflows"
    assert kube.objects["workflows", "jobs", WORKFLOW]["spec"]["shutdown"] == "Stop"


async def test_a_job_that_only_looks_new_is_read():
    """An operator before this one died with the program made and no status written."""
    kube = FakeKube((JOBS, job_object()))
    it = looker(kube)
    before = told(kube)
    await it.look(KEY)
    del kube.objects["workflows", "jobs", names.workflow_name("iris", UID)]
    it.memory.news(before, gone=False)

    await it.look(KEY)

    assert status(kube)["reason"] == "WorkflowLost"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def in_a_rush(kube: FakeKube) -> tuple[Looker, Clock]:
    """Return who looks at jobs while another waits for its Workflow."""
    clock = Clock()
    it = looker(kube)
    it = replace(it, actor=replace(it.actor, clock=clock))
    it.memory.new["jobs", "another"] = job_object()
    return it, clock


async def test_in_a_rush_a_job_gets_its_workflow_first_and_the_rest_later():
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)

    assert await it.look(KEY) == 0.5
    assert kube.writes == ["create workflows"]

    kube.asked.clear()
    it.memory.new.clear()
    clock.move(0.5)
    await it.look(KEY)
    assert kube.writes[1:] == ["create configmaps", "patch sqlflowjobs", "create events"]
    assert kube.asked == []


async def test_while_a_rush_lasts_a_job_is_put_off_again_at_no_cost():
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)
    await it.look(KEY)
    kube.asked.clear()

    clock.move(4.9)

    assert await it.look(KEY) == 0.5
    assert (kube.asked, kube.writes) == ([], ["create workflows"])


async def test_a_rush_that_does_not_end_keeps_no_job_for_longer_than_five_seconds():
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)
    await it.look(KEY)

    clock.move(5.0)
    await it.look(KEY)

    assert "create configmaps" in kube.writes


@pytest.mark.parametrize(("seconds", "writes"), [(0.19, 1), (0.2, 4)])
async def test_workflows_that_are_made_close_upon_each_other_are_a_rush(seconds, writes):
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)
    it.memory.new.clear()
    it.memory.begun_at = clock.now

    clock.move(seconds)
    await it.look(KEY)

    assert len(kube.writes) == writes


async def test_news_of_a_job_that_was_put_off_has_it_read():
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)
    await it.look(KEY)
    it.memory.news(kube.put(JOBS, job_object({"cancel": "Graceful"})), gone=False)

    clock.move(0.5)
    await it.look(KEY)

    assert "create configmaps" not in kube.writes
    assert "patch workflows" in kube.writes


async def test_a_job_that_is_told_of_twice_is_no_rush():
    kube = FakeKube((JOBS, job_object()))
    it = looker(kube)
    # The sweep found it, and the watch tells of it while its Workflow is made.
    kube.before = lambda *_: it.memory.news(job_object(), gone=False)

    await it.look(KEY)

    assert kube.writes[:2] == ["create workflows", "create configmaps"]


async def test_a_job_that_is_told_of_while_its_workflow_is_made_in_a_rush_is_read():
    kube = FakeKube((JOBS, job_object()))
    it, clock = in_a_rush(kube)
    changed = job_object({"cancel": "Graceful"})
    kube.before = lambda *_: it.memory.news(kube.put(JOBS, changed), gone=False)
    await it.look(KEY)

    kube.before = lambda *_: None
    clock.move(0.5)
    await it.look(KEY)

    assert KEY not in it.memory.new
    assert "create configmaps" not in kube.writes
    assert "patch workflows" in kube.writes
