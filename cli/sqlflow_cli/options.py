"""The options that several commands share."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer


class Output(enum.StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Listing(enum.StrEnum):
    """How lists are written."""

    TABLE = "table"
    JSON = "json"


Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        "-s",
        metavar="HOST:PORT",
        envvar="SQLFLOW_SERVER",
        help="The server to use; without one, jobs run on this machine.",
        show_default=False,
    ),
]

Ca = Annotated[
    str | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        envvar="SQLFLOW_CA",
        help="Speak TLS, and trust these authorities; 'system': those that gRPC comes with.",
        show_default=False,
    ),
]

TokenFile = Annotated[
    str | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Your token for the server; default: what SQLFLOW_TOKEN holds, or the file that"
        " SQLFLOW_TOKEN_FILE names.",
        show_default=False,
    ),
]

DataSource = Annotated[
    str,
    typer.Option(
        "--data-source",
        "-d",
        metavar="DSN",
        envvar="SQLFLOW_DATA_SOURCE",
        help="Where the data is, such as duckdb:///file or mysql://user:password@host/db.",
        show_default=False,
    ),
]

Sequential = Annotated[
    bool,
    typer.Option("--sequential", help="Run one statement at a time, in the order of the program."),
]

Job = Annotated[str, typer.Argument(metavar="JOB", help="The id of a job, or its monitor URL.")]

ResultOutput = Annotated[
    Output,
    typer.Option(
        "--output",
        "-o",
        help="table: for people; json: all that happens, an object a line; csv: the rows only.",
    ),
]

ListOutput = Annotated[
    Listing, typer.Option("--output", "-o", help="table: for people; json: for programs.")
]

Figures = Annotated[
    Path | None,
    typer.Option(
        "--figures",
        metavar="DIR",
        help="Save the pictures of explanations in this folder.",
        show_default=False,
    ),
]

MaxRows = Annotated[
    int,
    typer.Option("--max-rows", min=0, help="Rows of a table that are shown on a terminal; 0: all."),
]

StateDirectory = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where jobs are kept.", show_default=False)
]
