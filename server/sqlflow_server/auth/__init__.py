"""Who calls, and what they may do.

A *gate* (:mod:`~sqlflow_server.auth.gates`) stands before each call: it finds out who calls, and
refuses those that nobody vouches for. The servicer asks it again once it knows what the call is
about. With ``none`` there is one caller, who may do all. With ``kubernetes`` the API server says
who a bearer token is of, and what that user may do with SQLFlowJobs; this server keeps no users, no
roles and no tokens of its own.
"""
