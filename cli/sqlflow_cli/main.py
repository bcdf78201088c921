"""The commands. Each says what it takes, and leaves the work to a module that it imports then."""

from __future__ import annotations

from typing import Annotated

import typer

from sqlflow_cli import exits, options

app = typer.Typer(
    name="sqlflow",
    help="SQL programs, with statements that train, use and explain models, run as jobs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from sqlflow import __version__

        typer.echo(f"sqlflow {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """SQL programs, with statements that train, use and explain models, run as jobs."""


File = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="The program; '-' is standard input.")
]
Text = Annotated[
    str | None, typer.Option("--execute", "-e", metavar="SQL", help="The program itself.")
]


@app.command()
@exits.translated()
def run(
    file: File = None,
    execute: Text = None,
    *,
    server: options.Server = None,
    ca: options.Ca = None,
    token_file: options.TokenFile = None,
    data_source: options.DataSource = "",
    sequential: options.Sequential = False,
    deadline: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="End the job when it has run for so long."),
    ] = None,
    lease: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0, help="End the job when nobody has read from it for so long."
        ),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only start the job, and print its id.")
    ] = False,
    output: options.ResultOutput = options.Output.TABLE,
    figures: options.Figures = None,
    max_rows: options.MaxRows = 40,
) -> None:
    """Run a program and show what it says.

    Exit code: 0 done, 1 the job failed, 2 the program is wrong, 3 the server can't be reached,
    130 Ctrl-C.
    """
    from sqlflow_cli import following, reading, servers, views

    program = reading.program(file, execute)
    with (
        servers.connected(server, ca=ca, token_file=token_file) as client,
        following.Interrupts() as interrupts,
    ):
        job = client.run(
            program,
            data_source=data_source,
            sequential=sequential,
            deadline=deadline,
            fetch_lease=lease,
        )
        for warning in job.warnings:
            place = f"statement {warning.statement}, line {warning.line}"
            exits.say(f"warning: {place}: {warning.message}")
        if detach:
            typer.echo(job.id)
            return
        view = views.view_for(output, figures=figures, max_rows=max_rows)
        code = following.follow(job, view, interrupts)
    raise typer.Exit(code)


@app.command()
@exits.translated()
def attach(
    job: options.Job,
    *,
    server: options.Server = None,
    ca: options.Ca = None,
    token_file: options.TokenFile = None,
    output: options.ResultOutput = options.Output.TABLE,
    figures: options.Figures = None,
    max_rows: options.MaxRows = 40,
) -> None:
    """Show a job from its beginning, and go on until its end. Exits as 'run' does."""
    from sqlflow_cli import following, servers, views

    with (
        servers.connected(server, ca=ca, token_file=token_file, job=job) as client,
        following.Interrupts() as interrupts,
    ):
        found = client.attach(job)
        view = views.view_for(output, figures=figures, max_rows=max_rows)
        code = following.follow(found, view, interrupts)
    raise typer.Exit(code)


@app.command()
@exits.translated()
def cancel(
    job: options.Job,
    *,
    server: options.Server = None,
    ca: options.Ca = None,
    token_file: options.TokenFile = None,
    now: Annotated[
        bool, typer.Option("--now", help="Give its processes no time to end by themselves.")
    ] = False,
) -> None:
    """End a job."""
    from sqlflow_cli import servers

    with servers.connected(server, ca=ca, token_file=token_file, job=job) as client:
        snapshot = client.cancel(job, immediate=now)
    typer.echo(f"{snapshot.id} {snapshot.status.lower()}")


@app.command()
@exits.translated()
def status(
    job: options.Job,
    *,
    server: options.Server = None,
    ca: options.Ca = None,
    token_file: options.TokenFile = None,
    output: options.ListOutput = options.Listing.TABLE,
) -> None:
    """Show where a job is, statement by statement."""
    from sqlflow_cli import listing, servers

    with servers.connected(server, ca=ca, token_file=token_file, job=job) as client:
        listing.show_job(client.status(job), output)


@app.command()
@exits.translated()
def jobs(
    *,
    server: options.Server = None,
    ca: options.Ca = None,
    token_file: options.TokenFile = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    output: options.ListOutput = options.Listing.TABLE,
) -> None:
    """List jobs, the newest first."""
    import itertools

    from sqlflow_cli import listing, servers

    with servers.connected(server, ca=ca, token_file=token_file) as client:
        listing.show_jobs(itertools.islice(client.jobs(), limit), output)


@app.command()
@exits.translated()
def plan(
    file: File = None,
    execute: Text = None,
    *,
    data_source: options.DataSource = "",
    dialect: Annotated[
        str, typer.Option(help="Of SQL, if not that of the data source.", show_default=False)
    ] = "",
    sequential: options.Sequential = False,
    output: options.ListOutput = options.Listing.TABLE,
) -> None:
    """Show what 'run' would do, and run nothing. Needs no server."""
    from sqlflow_cli import planning, reading

    program = planning.plan_here(
        reading.program(file, execute),
        dialect=dialect or planning.dialect_of(data_source),
        sequential=sequential,
    )
    planning.show(program, output)


@app.command()
@exits.translated()
def serve(
    *,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where to serve; port 0 takes a free one. Default: 127.0.0.1:50051.",
            show_default=False,
        ),
    ] = None,
    state_directory: options.StateDirectory = None,
    data_source: Annotated[
        str | None,
        typer.Option(
            "--data-source",
            "-d",
            metavar="DSN",
            help="For programs that name none; default: a DuckDB file in the state directory.",
            show_default=False,
        ),
    ] = None,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End with standard input too.")
    ] = False,
) -> None:
    """Serve until told to end. SQLFLOW_… variables hold the other settings: docs/server.md."""
    from sqlflow_cli import serving

    serving.serve(
        until_eof=until_eof,
        listen=listen,
        state_directory=state_directory,
        data_source=data_source,
    )
