"""An order as a SQLFlowJob, and the Secret with its data source. Pure.

The job is made first, and owns the Secret, so whatever becomes of the server between the two, no
login stays behind without a job. The operator waits for the Secret.

An idempotency key decides on the job's name, so the API server itself lets one of two requests
with one key pass. Whether the other is the same request, its fingerprint in an annotation tells.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from typing import TYPE_CHECKING, Any, Final

from pkg_argo import names
from pkg_argo.job import DataSource, JobSpec, Metadata, SecretRef, SQLFlowJob
from sqlflow.errors import JobConflictError

if TYPE_CHECKING:
    from pkg_argo.kube import Object
    from sqlflow_server.runners.protocol import Order

REQUEST: Final = f"{names.GROUP}/request"
"""The annotation with the order's fingerprint."""

_KEY: Final = "dsn"
_LONGEST_SUBMITTER: Final = 253


def name_of(order: Order) -> str:
    """Return the job's name: of the submitter's key if there is one, else by chance."""
    if not order.idempotency_key:
        return f"sql-{secrets.token_hex(6)}"
    key = json.dumps([order.submitter, order.idempotency_key])
    return f"sql-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def job(order: Order, *, namespace: str) -> Object:
    """Return the SQLFlowJob of an order, in a namespace."""
    name = name_of(order)
    made = SQLFlowJob(
        metadata=Metadata(name=name, namespace=namespace, annotations={REQUEST: order.fingerprint}),
        spec=JobSpec(
            program=order.text,
            data_source=DataSource.model_validate(
                {
                    "dialect": order.program.dialect,
                    "secret_ref": SecretRef(name=name, key=_KEY),
                }
            ),
            execution=order.program.execution,
            active_deadline_seconds=_whole(order.deadline),
            fetch_lease_seconds=_whole(order.fetch_lease),
            submitter=order.submitter[:_LONGEST_SUBMITTER] or None,
            idempotency_key=order.idempotency_key or None,
        ),
    )
    return made.to_dict()


def check_same(found: Object, wanted: Object) -> None:
    """See whether a job that is there is of the same order as one that is wanted.

    Raises:
        JobConflictError: it is of another one.
    """
    name, there = found["metadata"]["name"], found["metadata"].get("annotations", {})
    if there.get(REQUEST) != wanted["metadata"]["annotations"][REQUEST]:
        raise JobConflictError(
            f"the idempotency key was used before, for another program: job {name}"
        )


def secret(made: Object, data_source: str) -> Object:
    """Return the Secret of a job that was made."""
    meta = made["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": names.labels(meta["name"], meta["uid"]),
            "ownerReferences": [owner(made)],
        },
        "immutable": True,
        "stringData": {_KEY: data_source},
    }


def owner(made: Object) -> dict[str, Any]:
    """Return the reference by which something belongs to a job, and goes with it."""
    meta = made["metadata"]
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "name": meta["name"],
        "uid": meta["uid"],
    }


def _whole(seconds: float) -> int | None:
    return math.ceil(seconds) or None
