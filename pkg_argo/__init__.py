"""All that is known of Kubernetes and Argo, for the operator and the server alike.

A SQLFlowJob (``job.py``) becomes an Argo Workflow (``workflows.py``); what the Workflow and its
pods do becomes the job's status (``statuses.py``). All of that is data in, data out;
``kube_api.py`` is the one place that speaks to an API server.
"""
