"""The server as Helm installs it: two replicas behind a Service, with their own rights and keys."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import grpc
import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc
from tests.cluster.support.rights import Account, rights
from tests.conformance.server_processes import PATIENCE, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.databases import Database
    from tests.cluster.support.operators import Operator

SERVER: Final = "sqlflow-server"
_FORWARDING: Final = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@contextlib.contextmanager
def forwarded(operator: Operator, target: str) -> Iterator[Any]:
    """A stub of the server, by way of a Service or a pod."""
    kubectl = operator.cluster.kubectl
    command = [
        *(str(kubectl.binary), f"--kubeconfig={kubectl.kubeconfig}", "port-forward", target),
        *(f"--namespace={operator.namespace}", "--address=127.0.0.1", ":50051"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            found = _FORWARDING.match(process.stdout.readline())
            assert found
            with grpc.insecure_channel(f"127.0.0.1:{found[1]}") as channel:
                yield sqlflow_pb2_grpc.SQLFlowStub(channel)
        finally:
            process.terminate()


def pods(operator: Operator) -> list[str]:
    """The names of the server's pods."""
    label = "--selector=app.kubernetes.io/component=server"
    found = operator.cluster.kubectl.items("pods", f"--namespace={operator.namespace}", label)
    return [it["metadata"]["name"] for it in found if "deletionTimestamp" not in it["metadata"]]


def read(stub: Any, job: str, token: str = "") -> Transcript:
    """Read to the end of a job."""
    transcript = Transcript(token=token)
    while not transcript.end:
        request = pb.FetchRequest(job=job, token=transcript.token)
        transcript.take(stub.Fetch(request, timeout=PATIENCE))
    return transcript


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_a_program_runs_by_way_of_the_service_and_any_replica_reads_it(
    operator: Operator, database: Database
) -> None:
    request = pb.RunRequest(program="SELECT 1 AS a; SELECT 2 AS b", data_source=database.dsn)
    with forwarded(operator, f"service/{SERVER}") as stub:
        job = stub.Run(request, timeout=PATIENCE).job.id
        first = read(stub, job)

    others = []
    for pod in pods(operator):
        with forwarded(operator, f"pod/{pod}") as stub:
            others.append(read(stub, job).entries)

    assert (first.rows(1), first.rows(2)) == ([[1]], [[2]])
    assert others == [first.entries, first.entries]


def test_an_upgrade_keeps_the_keys_that_sign_tokens(operator: Operator) -> None:
    def keys() -> Any:
        arguments = ("get", "secret", f"{SERVER}-token-keys", f"--namespace={operator.namespace}")
        return json.loads(operator.cluster.kubectl.run(*arguments, "--output=json"))["data"]

    before = keys()
    operator.upgrade(wait=False)

    assert keys() == before


def test_the_server_may_do_what_it_does_where_jobs_are(
    cluster: Cluster, operator: Operator
) -> None:
    account = Account(operator.namespace, SERVER)

    assert rights(cluster.kubectl, account, namespace=operator.jobs) == {
        "sqlflowjobs.sqlflow.org": {"get", "list", "watch", "create", "patch"},
        "pods": {"get", "list", "watch"},
        "pods/log": {"get"},
        "secrets": {"create"},
        "leases.coordination.k8s.io": {"get", "create", "patch"},
    }
    assert rights(cluster.kubectl, account, namespace=operator.namespace) == {}


def test_who_calls_has_to_say_who_they_are_unless_nobody_is_asked(
    cluster: Cluster, operator: Operator
) -> None:
    asked = {**operator.values["server"], "auth": "kubernetes"}
    operator.upgrade(wait=True, server=asked)
    reader = ("create", "token", "default", f"--namespace={operator.jobs}")
    token = cluster.kubectl.run(*reader).strip()
    try:
        with forwarded(operator, f"service/{SERVER}") as stub:
            answers = [
                answer(stub, login) for login in ((), (("authorization", f"Bearer {token}"),))
            ]
    finally:
        operator.upgrade(wait=True)

    assert answers == [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND]


def answer(stub: Any, login: tuple[tuple[str, str], ...]) -> grpc.StatusCode:
    """Return the status of a question for a job that there is not."""
    with pytest.raises(grpc.RpcError) as refusal:
        stub.GetJob(pb.GetJobRequest(job="no-such"), metadata=login, timeout=PATIENCE)
    code: grpc.StatusCode = refusal.value.code()
    return code
