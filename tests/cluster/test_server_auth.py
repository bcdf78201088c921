"""Who may do what, as the API server itself says it: real tokens of real service accounts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from devcluster.node.identities import service_account_key
from sqlflow import errors
from sqlflow.client import Client, Login
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support import tokens
from tests.cluster.support.replicas import Replicas
from tests.conformance.test_server_lifecycle import free_port, metrics_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devcluster.addons.kubectl import Kubectl
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground
    from tests.conformance.server_processes import ServerProcess

NO_JOB = "there is no such job, or it is not yours"
NOT_VALID = "the token is not valid here: it has expired, or is of another cluster"
DSN = "mysql://user:password@nowhere/db"  # No operator looks at these jobs.
USER_VERBS = ["create", "get", "list", "patch"]


@dataclass(frozen=True, slots=True)
class People:
    """Service accounts of a namespace, and what they may do with SQLFlowJobs there."""

    kubectl: Kubectl
    namespace: str

    def token(self, name: str, *, verbs: list[str], job: str = "", audience: str = "") -> str:
        """Make an account with some rights, to one job or to all; return a token of it."""
        role: dict[str, object] = {
            "apiGroups": ["sqlflow.org"],
            "resources": ["sqlflowjobs"],
            "verbs": verbs or ["watch"],
        }
        if job:
            role["resourceNames"] = [job]
        meta = {"name": name, "namespace": self.namespace}
        group = "rbac.authorization.k8s.io"
        items = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": [role]},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": meta,
                "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.namespace}],
            },
        ]
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self.kubectl.apply("--filename=-", stdin=body)
        options = [f"--audience={audience}"] if audience else []
        return self.kubectl.run(
            "create", "token", name, f"--namespace={self.namespace}", *options
        ).strip()


@pytest.fixture
def people(cluster: Cluster, namespace: Playground) -> People:
    return People(cluster.kubectl, namespace.name)


@pytest.fixture
def replicas(cluster: Cluster, namespace: Playground, tmp_path: Path) -> Iterator[Replicas]:
    made = Replicas(cluster, namespace.name, tmp_path)
    yield made
    made.end()


@pytest.fixture
def server(replicas: Replicas) -> ServerProcess:
    return replicas.start(auth="kubernetes")


def client_of(server: ServerProcess, token: str) -> Client:
    return Client(server.address, login=Login(token=token))


def test_a_user_runs_reads_lists_and_cancels_jobs_under_its_own_name(server, people):
    with client_of(server, people.token("alice", verbs=USER_VERBS)) as alice:
        job = alice.run("SELECT 1", data_source=DSN)
        names = [it.id for it in alice.jobs()]
        alice.cancel(job.id)
        submitter = alice.status(job.id).submitter

    assert submitter == f"system:serviceaccount:{people.namespace}:alice"
    assert names == [job.id]


def test_who_has_no_rights_is_not_told_whether_a_job_is_there(server, people):
    with client_of(server, people.token("alice", verbs=USER_VERBS)) as alice:
        job = alice.run("SELECT 1", data_source=DSN).id
        with pytest.raises(errors.JobNotFoundError, match=f"^{NO_JOB}$"):
            alice.status("never-was")
    with client_of(server, people.token("bob", verbs=[])) as bob:
        for name in (job, "never-was"):
            for ask in (bob.status, bob.cancel):
                with pytest.raises(errors.JobNotFoundError, match=f"^{NO_JOB}$"):
                    ask(name)
        with pytest.raises(errors.ForbiddenError, match="may not run programs"):
            bob.run("SELECT 1", data_source=DSN)
        with pytest.raises(errors.ForbiddenError, match="may not list jobs"):
            list(bob.jobs())
        assert bob.plan("SELECT 1", data_source=DSN).statements


def test_a_right_to_one_job_is_a_right_to_that_one(server, people):
    with client_of(server, people.token("alice", verbs=USER_VERBS)) as alice:
        shared, other = (alice.run("SELECT 1", data_source=DSN).id for _ in range(2))
    with client_of(server, people.token("bob", verbs=["get"], job=shared)) as bob:
        assert bob.status(shared).id == shared
        with pytest.raises(errors.JobNotFoundError, match=f"^{NO_JOB}$"):
            bob.status(other)
        with pytest.raises(errors.ForbiddenError, match="may not cancel jobs"):
            bob.cancel(shared)


def test_a_fetch_token_gives_no_right_to_its_job(server, people):
    alice, bob = people.token("alice", verbs=USER_VERBS), people.token("bob", verbs=[])
    with client_of(server, alice) as client:
        job = client.run("SELECT 1", data_source=DSN).id
        page = client._call("Fetch", pb.FetchRequest(job=job))
    with client_of(server, bob) as client, pytest.raises(errors.JobNotFoundError, match=NO_JOB):
        client._call("Fetch", pb.FetchRequest(token=page.token))


@pytest.mark.parametrize("token", ["", "forged", "eyJhbGciOiJub25lIn0.e30."])
def test_who_proves_nothing_is_not_let_in(server, token):
    with client_of(server, token) as nobody, pytest.raises(errors.UnauthenticatedError):
        nobody.plan("SELECT 1")


def test_a_token_for_somebody_else_is_not_valid_here(replicas, people):
    server = replicas.start(auth="kubernetes", auth_audience="sqlflow")
    ours = people.token("alice", verbs=USER_VERBS, audience="sqlflow")
    with client_of(server, ours) as alice:
        assert alice.plan("SELECT 1", data_source=DSN).statements
    theirs = people.token("alice", verbs=USER_VERBS, audience="vault")
    refused = pytest.raises(errors.UnauthenticatedError, match=NOT_VALID)
    with client_of(server, theirs) as alice, refused:
        alice.plan("SELECT 1", data_source=DSN)


@pytest.mark.node_flavour  # the other one's key is in its container
def test_a_token_that_has_expired_is_not_valid_any_more(cluster, server, people):
    token = people.token("alice", verbs=USER_VERBS)
    key = service_account_key(cluster.places.pki)
    lifetime = tokens.lifetime(token)
    with client_of(server, tokens.moved(token, key, seconds=-lifetime // 2)) as alice:
        assert alice.plan("SELECT 1", data_source=DSN).statements

    refused = pytest.raises(errors.UnauthenticatedError, match=NOT_VALID)
    with client_of(server, tokens.moved(token, key, seconds=-lifetime - 60)) as alice, refused:
        alice.plan("SELECT 1", data_source=DSN)


def test_a_token_that_ended_with_the_secret_it_was_bound_to_is_not_valid_any_more(server, people):
    people.token("alice", verbs=USER_VERBS)
    where = f"--namespace={people.namespace}"
    people.kubectl.run("create", "secret", "generic", "life", where)
    bound = ("--bound-object-kind=Secret", "--bound-object-name=life")
    made = [people.kubectl.run("create", "token", "alice", where, *bound) for _ in range(2)]
    with client_of(server, made[0].strip()) as alice:
        assert alice.plan("SELECT 1", data_source=DSN).statements
    people.kubectl.run("delete", "secret", "life", where)

    refused = pytest.raises(errors.UnauthenticatedError, match=NOT_VALID)
    with client_of(server, made[1].strip()) as alice, refused:
        alice.plan("SELECT 1", data_source=DSN)


def test_a_caller_has_so_many_jobs_at_a_time(replicas, people):
    server = replicas.start(auth="kubernetes", max_jobs_per_caller=1)
    with client_of(server, people.token("alice", verbs=USER_VERBS)) as alice:
        first = alice.run("SELECT 1", data_source=DSN, idempotency_key="one")
        with pytest.raises(errors.QuotaError, match="has 1 jobs that are not over, of 1 at most"):
            alice.run("SELECT 1", data_source=DSN)
        again = alice.run("SELECT 1", data_source=DSN, idempotency_key="one")

    assert again.id == first.id


def test_polls_do_not_ask_the_api_server_and_no_token_is_logged(replicas, people):
    port = free_port()
    server = replicas.start(
        auth="kubernetes", metrics_listen=f"127.0.0.1:{port}", log_level="debug"
    )
    token = people.token("alice", verbs=USER_VERBS)
    with client_of(server, token) as alice:
        job = alice.run("SELECT 1", data_source=DSN)
        for _ in range(50):
            job.status()
    told = metrics_of(port)

    assert 'sqlflow_auth_reviews_total{about="token",answer="yes"} 1.0' in told
    assert 'sqlflow_auth_reviews_total{about="access",answer="yes"} 2.0' in told
    assert token not in server.log.read_text() + told
