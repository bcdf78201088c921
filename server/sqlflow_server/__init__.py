"""The server: SQL programs in by gRPC, transcripts out, jobs that outlive it.

::

    gRPC ─► interceptors ─► servicer ─► Runner ─► where the job lives
            (faults, logs,   (checks,    (a Protocol; the local runner keeps a job in a
             metrics)         converts)   directory, under a supervisor process of its own)

The server holds no state that matters: what a job is and how far it is stands in its runner's
store, so a server may be killed at any instant. It plans programs and pages transcripts; it never
executes a statement, and imports nothing that does.

This file imports nothing, because the supervisor of a job starts from this package too and is
to be light.
"""
