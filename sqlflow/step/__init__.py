"""One statement of a program, executed: ``python -m sqlflow.step PROGRAM_FILE INDEX``.

Two processes. The **parent** owns standard output, on which it prints frames and nothing else. It
starts the **child** and reads three pipes from it::

    child                          parent
    ─────                          ──────
    fd 1  standard output   ───►   cut into lines    ─┐
    fd 2  standard error    ───►   cut into lines    ─┼─►  numbered frames ───►  standard output
    rows and status         ───►   records as they are┘
    lifeline                ◄───   held open, nothing else

The child runs the statement and may do what it likes: print from native code that holds the
interpreter's lock, crash, be killed, leave processes behind. The parent, which runs none of the
user's code, still tells what was printed and how it ended (:mod:`sqlflow.step.endings`). If the
parent is killed, the child dies with it.

What is printed keeps its order within a pipe. Before a row or a status, everything is read that was
printed before it.

Environment:

``SQLFLOW_DATA_SOURCE_FILE``
    The file that holds the DSN of the data source. It is a secret and stands nowhere else.
``SQLFLOW_TERMINATION_MESSAGE``
    Where the parent writes how the step ended, as JSON of at most 4 KiB. May be absent.
``SQLFLOW_STEP_OUTPUT_LIMIT``
    Bytes that the step may take up in its log file; 8 MiB unless told otherwise, 0 for no limit.

Exit codes of the parent: 0 succeeded, 1 failed, 143 cancelled, 74 the output could not be written.
"""
