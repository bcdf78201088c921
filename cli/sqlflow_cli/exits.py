"""How the command ends: one sentence on standard error, and the exit code of the error's rule.

=====  =================================================================
code   meaning
=====  =================================================================
0      done
1      the job failed or was cancelled, or the request was refused
2      the program can't be run as it is written, or the command was
       used wrongly
3      the server can't be reached
130    Ctrl-C
141    nobody reads the output any more (``| head``)
=====  =================================================================
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import typer

from sqlflow import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell reports for a program that SIGPIPE ends


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn errors that leave the block into a sentence and an exit code."""
    try:
        yield
    except errors.SQLFlowError as error:
        say(f"error: {error}")
        raise typer.Exit(errors.rule_for(error).exit_code) from None
    except BrokenPipeError:
        # The interpreter flushes standard output at its end, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(errors.ExitCode.INTERRUPTED) from None
    except OSError as error:
        if error.filename is None:  # not a file that the command was given
            raise
        say(f"error: {error.strerror}: {error.filename}")
        raise typer.Exit(errors.ExitCode.BAD_PROGRAM) from None


def say(text: str) -> None:
    """Write a sentence to standard error."""
    sys.stdout.flush()  # keeps the order where both go to one file
    print(f"sqlflow: {text}", file=sys.stderr, flush=True)
