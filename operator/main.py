# ruff: noqa: INP001 - kopf loads it as a file; `operator/` must not be a package
"""What ``kopf run operator/main.py`` loads: the handlers, and nothing else.

In a pod the operator is started by ``python -m sqlflow_operator``, which loads the same handlers.
"""

from sqlflow_operator.watching import register

register()
