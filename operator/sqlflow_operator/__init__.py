"""The operator: sees to it that each SQLFlowJob has its Workflow, and says what becomes of it.

It is level-triggered. Any event only puts a job's key on a queue (``queueing.py``); a worker then
looks at all there is, decides with one pure function (``reconciling.py``) and acts
(``acting.py``). So an event may be lost, come twice or late, and the operator may be killed between
any two writes.
"""
