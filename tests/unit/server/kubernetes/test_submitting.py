"""An order as a SQLFlowJob and its Secret."""

from __future__ import annotations

from sqlflow_server.runners.kubernetes import submitting

from pkg_argo.job import SQLFlowJob
from tests.unit.server.jobs import order_of

DSN = "mysql://user:p%40ss@db:3306/shop?ssl-key=secret"


def made(**changes):
    return submitting.job(order_of("SELECT 1", **changes), namespace="jobs")


def test_the_job_holds_what_was_ordered():
    body = made(
        deadline=1.5, fetch_lease=60.0, submitter="ann", idempotency_key="k", fingerprint="f"
    )
    job = SQLFlowJob.from_dict(body)
    assert body["metadata"]["namespace"] == "jobs"
    assert (job.spec.program, job.spec.data_source.dialect) == ("SELECT 1", "duckdb")
    assert job.spec.data_source.secret_ref.name == job.metadata.name
    assert (job.spec.active_deadline_seconds, job.spec.fetch_lease_seconds) == (2, 60)
    assert (job.spec.submitter, job.spec.idempotency_key) == ("ann", "k")
    assert body["metadata"]["annotations"] == {"sqlflow.org/request": "f"}


def test_what_was_not_asked_for_is_left_to_the_operator():
    spec = made()["spec"]
    assert (spec.pop("execution"), spec.pop("suspend")) == ("Parallel", False)
    assert spec.keys() == {"program", "dataSource"}


def test_the_secret_belongs_to_the_job():
    body = {"metadata": {"name": "j", "namespace": "jobs", "uid": "u1"}}
    secret = submitting.secret(body, DSN)
    assert secret["metadata"]["ownerReferences"] == [
        {"apiVersion": "sqlflow.org/v1alpha1", "kind": "SQLFlowJob", "name": "j", "uid": "u1"}
    ]
    assert secret["stringData"] == {"dsn": DSN}


def test_the_login_stands_nowhere_in_the_job():
    body = made(data_source=DSN)
    assert "p%40ss" not in str(body)
    assert "secret" not in str(body["metadata"])


def test_one_key_of_one_submitter_gives_one_name():
    def name(key, submitter="ann"):
        return submitting.name_of(order_of(idempotency_key=key, submitter=submitter))

    assert name("k") == name("k")
    assert len({name("k"), name("l"), name("k", "bob"), name(""), name("")}) == 5
