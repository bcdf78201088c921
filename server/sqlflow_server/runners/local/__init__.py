"""The local runner: a job is a directory, run by a process of its own.

::

    STATE/
      keys.json                 signs fetch tokens (0600)
      default.duckdb            the default data source
      jobs/ID/                  0700, appears whole by one rename
        job.json                what was ordered; never changes        (layout)
        program.json            the plan, which steps read
        data-source             the DSN (0600), which steps read; removed at the end
        state.json              where the job is; written by the supervisor only   (states)
        lock                    held by the living supervisor; its pid
        lease                   its mtime: when somebody fetched last
        cancel, cancel-now      latches: somebody asked for the end
        reserve                 64 KiB, given up to write the last state on a full disk
        supervisor.log          what the supervisor itself had to say, normally nothing
        steps/s01-train/1.frames     the transcript; locked by the living step
                        1.pid        who runs it
                        1.end        how it ended, in its own words
                        1.stderr     what its parent process had to say, normally nothing

Who writes what is fixed, so nothing is ever written by two: the server makes the directory, the
latches and the lease; the supervisor makes the rest, but for what a step writes of itself. All
three can be killed at any instant. A server that finds a job that is not over and whose lock is
free starts a new supervisor; that one adopts the steps that still run, because it can tell a step
that never started (free frames file, no pid) from one that runs (locked) and one that ended.
"""
