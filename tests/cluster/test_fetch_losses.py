"""What is lost of a job's logs, and how its transcript says so: in its place, and then it ends."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support import databases
from tests.cluster.support.jobs import Jobs
from tests.cluster.support.polling import eventually
from tests.cluster.support.replicas import read_all, read_some

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground
    from tests.conformance.server_processes import Entry, Transcript

LONG = "SELECT seq, SLEEP(0.1) AS slept, REPEAT('x', 24000) AS text FROM seq_1_to_300"
SHORT = "SELECT seq, SLEEP(0.05) AS slept, REPEAT('x', 24000) AS text FROM seq_1_to_200"
# Ends a step as the kernel does that is out of memory: without a word. Process 1 is Argo's.
KILL = """
import os, pathlib, signal
for process in {int(it.name) for it in pathlib.Path("/proc").glob("[0-9]*")} - {1, os.getpid()}:
    os.kill(process, signal.SIGKILL)
"""


def told(entries: list[Entry]) -> list[tuple[int, int, str]]:
    """Step, attempt, and the event, for records that are not of the step's own words."""
    return [
        (step, attempt, json.loads(text)["event"])
        for step, attempt, _, stream, text, _ in entries
        if stream == pb.STATUS
    ]


def numbers(transcript: Transcript, attempt: int = 1) -> list[int]:
    """The numbers of the first step's records."""
    return [it[2] for it in transcript.entries if it[:2] == (1, attempt)]


def kubectl(cluster: Cluster, namespace: Playground, *arguments: str) -> None:
    cluster.kubectl.run(f"--namespace={namespace.name}", *arguments)


async def test_of_a_deleted_pod_a_reader_keeps_what_it_has_and_who_comes_late_is_told_of_the_loss(
    cluster, namespace, replicas, dsn
):
    reader = replicas.start()
    job = reader.run(LONG, data_source=dsn)
    early = read_some(reader, job, 20)
    [pod] = await namespace.pod_names()
    await namespace.freeze(pod)
    kubectl(cluster, namespace, "delete", "pod", pod, "--grace-period=1", "--wait=false")

    whole, late = read_all(reader, job), replicas.start()

    assert whole.entries[: len(early.entries)] == early.entries
    assert numbers(whole) == list(range(1, len(numbers(whole)) + 1))
    # Whether that is all that it printed can be known only if the log outlived the container.
    assert told(whole.entries) in (
        [(1, 1, "begin"), (1, 1, "end"), (0, 1, "end")],
        [(1, 1, "begin"), (1, 1, "gap"), (1, 1, "end"), (0, 1, "end")],
    )
    assert whole.statuses(1)[-1]["details"]["phase"] == "Failed"
    assert whole.job.status == pb.FAILED
    await eventually(namespace.pod_names, lambda names: names == [], what="the pod is gone")
    # Who has read nothing of it knows only that something was there,
    assert told(read_all(late, job).entries) == [(1, 1, "gap"), (1, 1, "end"), (0, 1, "end")]
    # and who goes on with another server's token gets the loss after what is there already.
    read = len(early.entries)
    assert told(read_all(late, job, early).entries[read:]) == [
        (1, 1, "gap"),
        (1, 1, "end"),
        (0, 1, "end"),
    ]


async def test_of_a_log_that_is_rotated_who_reads_it_loses_nothing_and_who_comes_late_is_told(
    namespace, replicas, dsn
):
    reader = replicas.start()
    job = reader.run(LONG, data_source=dsn)
    early = read_some(reader, job, 10)
    [pod] = await namespace.running_pods()
    begins = await namespace.log(pod, limit=40)
    await namespace.fill(pod, mebibytes=11)
    await eventually(
        lambda: namespace.log(pod, limit=40),
        lambda text: text != begins,
        what="the kubelet begins a new file",
        seconds=30,
    )

    whole = read_all(reader, job, early)
    cold = read_all(replicas.start(), job)

    assert numbers(whole) == list(range(1, len(numbers(whole)) + 1))
    lost, kept = json.loads(cold.entries[0][4]), cold.entries[1:]
    assert (lost["event"], lost["details"]) == ("gap", {"first": 1, "last": kept[0][2] - 1})
    assert 1 < len(kept) < len(whole.entries)
    assert kept == whole.entries[-len(kept) :]
    assert cold.job.status == pb.SUCCEEDED


async def test_an_attempt_that_was_killed_has_an_end_and_the_next_one_follows(
    cluster, namespace, replicas
):
    reader, jobs = replicas.start(), Jobs(cluster.kubectl, namespace.name)
    standing = databases.standing(cluster)
    await jobs.submit("one", SHORT, standing, stepDefaults={"retries": 1})
    early = read_some(reader, "one", 10)
    [pod] = await namespace.running_pods()
    kubectl(cluster, namespace, "exec", pod, "--container=main", "--", "python", "-c", KILL)

    whole = read_all(reader, "one", early)

    assert [attempt for attempt, _ in itertools.groupby(it[1] for it in whole.entries[:-1])] == [
        1,
        2,
    ]
    for attempt in (1, 2):
        found = numbers(whole, attempt)
        assert found == list(range(1, len(found) + 1))
    # The kernel may have ended it within a line.
    assert [it for it in told(whole.entries) if it[2] == "gap"] in ([], [(1, 1, "gap")])
    ends = [
        json.loads(it[4])["details"]["phase"] for it in whole.entries if '"event": "end"' in it[4]
    ]
    assert ends == ["Failed", "Succeeded", "Succeeded"]
    assert read_all(replicas.start(), "one").entries == whole.entries
