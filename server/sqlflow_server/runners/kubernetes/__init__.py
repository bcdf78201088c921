"""The Kubernetes runner: a job is a SQLFlowJob, which the operator runs.

::

    run, cancel ─► the API server
    job, jobs   ◄─ mirrors of the SQLFlowJobs and their pods, kept by two watches
    page        ◄─ spools of the pods' logs, kept by one tail a pod

Nothing that matters is here: what a job is and how it is doing stands in its SQLFlowJob, what it
said in the logs of its pods. Each replica can answer each call, and one that was killed is missed
by nobody.
"""
