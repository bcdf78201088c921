"""What things of a job are called in Kubernetes, and the labels by which they are found again.

A name follows from the job's name and uid alone. So an operator that was killed after it made
something, or a second one beside it, comes to the same name and finds the thing there; and a job
that is deleted and made anew under its old name never meets what the old one left behind.
"""

from __future__ import annotations

import hashlib
from typing import Final

GROUP: Final = "sqlflow.org"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "SQLFlowJob"
PLURAL: Final = "sqlflowjobs"
SINGULAR: Final = "sqlflowjob"
SHORT_NAME: Final = "sfj"
CATEGORY: Final = "sqlflow"

JOB_LABEL: Final = f"{GROUP}/job"
JOB_UID_LABEL: Final = f"{GROUP}/job-uid"
STEP_LABEL: Final = f"{GROUP}/step"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "sqlflow"

LONGEST_JOB: Final = 52
"""Characters of a job's name. It is the value of a label, and a part of other names."""
_KEPT: Final = 40
_DIGITS: Final = 10


def workflow_name(job: str, uid: str) -> str:
    """Return the name of the job's Workflow; Argo puts it before the names of the pods."""
    digest = hashlib.sha256(uid.encode()).hexdigest()
    # Where the job's name is cut there may be a dot, which can't stand before a hyphen.
    return f"{job[:_KEPT].rstrip('-.')}-{digest[:_DIGITS]}"


def program_config_map(job: str, uid: str) -> str:
    """Return the name of the ConfigMap that holds the planned program."""
    return workflow_name(job, uid)


def labels(job: str, uid: str) -> dict[str, str]:
    """Return the labels of all that belongs to a job."""
    return {MANAGED_BY_LABEL: MANAGED_BY, JOB_LABEL: job, JOB_UID_LABEL: uid}
