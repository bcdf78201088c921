"""The magic ``%%sqlflow`` of notebooks.

::

    %load_ext sqlflow.client.jupyter

    %%sqlflow
    SELECT * FROM iris TO TRAIN xgboost.gbtree WITH objective=reg:squarederror
    LABEL petal_width INTO m;

The cell's value is a DataFrame if the program gives one table; ``%%sqlflow NAME`` assigns all that
it gives, as a :class:`~sqlflow.client.results.Result`, to a variable. Interrupting the cell cancels
the job, or with ``--keep`` leaves it running, to come back to with ``%sqlflow --attach JOB``.
"""

# ruff: noqa: T201 - what is printed is the cell's output

from __future__ import annotations

import argparse
import atexit
import os
import shlex
from typing import TYPE_CHECKING, Any, Never

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from sqlflow import errors
from sqlflow.client import addresses, cells, local_servers, results
from sqlflow.client.client import Client
from sqlflow.client.logins import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from sqlflow.client.cells import Bundle
    from sqlflow.client.client import Job


@magics_class
class SQLFlowMagics(Magics):
    """The magic, and the server that it starts if none is named."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._local = local_servers.LocalServer()
        atexit.register(self._local.close)

    @line_cell_magic
    def sqlflow(self, line: str, cell: str | None = None) -> Any:
        """Run a SQL program, or show a job that was started before.

        ::

            %%sqlflow [NAME] [--server HOST:PORT] [--data-source DSN] [--sequential] [--keep]
            SELECT 1 AS one;

            %sqlflow [NAME] [--server HOST:PORT] --attach JOB

        NAME: gets all that the job gives, as a sqlflow.client.Result.
        --server: default: SQLFLOW_SERVER, or one that is started here.
        --data-source: default: SQLFLOW_DATA_SOURCE, or the server's own.
        --sequential: run one statement at a time.
        --keep: an interrupt leaves the job running; otherwise it cancels it.
        """
        args = _parser().parse_args(shlex.split(line))
        if (cell is None) == (args.attach is None):
            raise UsageError("write the program below %%sqlflow, or use %sqlflow --attach JOB")
        try:
            with self._client(args) as client:
                job = client.attach(args.attach) if cell is None else _started(client, cell, args)
                return self._follow(job, cell or "", args)
        except errors.SQLFlowError as error:
            raise _without_traceback(error) from None

    def _client(self, args: argparse.Namespace) -> Client:
        named = addresses.named_server(args.server or addresses.server_of(args.attach or ""))
        # The server that is started here speaks no TLS and asks for no token.
        return Client(named) if named else Client(self._local.address(), login=Login())

    def _follow(self, job: Job, program: str, args: argparse.Namespace) -> Any:
        print(f"job {job.id}", flush=True)
        view = cells.CellView(_show, program)
        gatherer = results.Gatherer(job.snapshot) if args.variable else None
        try:
            for event in job.events():
                view.show(event)
                if gatherer:
                    gatherer.add(event)
        except KeyboardInterrupt:
            raise _without_traceback(_interrupted(job, keep=args.keep)) from None
        finally:
            view.close()
        if gatherer:
            self._shell.user_ns[args.variable] = gatherer.result()
        if error := view.error():
            raise error
        return self._value(view)

    def _value(self, view: cells.CellView) -> Any:
        if len(view.tables) != 1:
            return None
        frame = view.tables[0].to_dataframe()
        if not view.shown_last:
            return frame
        # It is the cell's value (_ and Out[n]), but was shown already.
        self._shell.displayhook.update_user_ns(frame)  # type: ignore[no-untyped-call]
        return None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        raise UsageError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%%sqlflow", add_help=False)
    for name in ("--server", "--data-source", "--attach"):
        parser.add_argument(name)
    for name in ("--sequential", "--keep"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("variable", nargs="?")
    return parser


def _started(client: Client, program: str, args: argparse.Namespace) -> Job:
    data_source = args.data_source or os.environ.get("SQLFLOW_DATA_SOURCE", "")
    job = client.run(program, data_source=data_source, sequential=args.sequential)
    for warning in job.warnings:
        print(f"warning: statement {warning.statement}: {warning.message}")
    return job


def _interrupted(job: Job, *, keep: bool) -> errors.SQLFlowError:
    if keep:
        return errors.JobFailedError(
            f"interrupted; job {job.id} goes on, come back to it with: %sqlflow --attach {job.id}"
        )
    job.cancel()
    return errors.JobFailedError(
        f"interrupted; job {job.id} is being cancelled, see what it said with: "
        f"%sqlflow --attach {job.id}"
    )


def _show(bundle: Bundle) -> Callable[[Bundle], None]:
    handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # untyped
    return lambda new: handle.update(new, raw=True)


def _without_traceback(error: errors.SQLFlowError) -> errors.SQLFlowError:
    """Have IPython show the error's text alone; where in this package it rose helps nobody."""
    text = f"{type(error).__name__}: {error}"
    error._render_traceback_ = text.splitlines  # type: ignore[attr-defined]  # IPython calls it
    return error


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magic; called by ``%load_ext``."""
    shell.register_magics(SQLFlowMagics)
