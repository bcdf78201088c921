"""The commands. What they answer goes to stdout, what they tell on the way to stderr.

====  ===============================================
code  meaning
====  ===============================================
0     done; for ``status``: all is healthy
1     it failed; one message says what, where and why
2     the command was used wrongly
3     ``status``: there is no cluster
130   Ctrl-C
====  ===============================================
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from devcluster import flavours
from devcluster.errors import ClusterError
from devcluster.places import Places
from devcluster.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from devcluster.addons.health import Health
    from devcluster.addons.kubectl import Kubectl
    from devcluster.flavours import Flavour

NO_CLUSTER: Final = 3
INTERRUPTED: Final = 130
QUANTITY: Final = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi)?")

app = typer.Typer(
    name="devcluster",
    help="A real Kubernetes with Argo Workflows on this machine, to develop and test on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command."""
    app(prog_name="python -m devcluster")


def _quantity(text: str) -> str:
    if not QUANTITY.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no size; expected one such as 10Mi or 64Ki")
    return text


Component = Annotated[str, typer.Argument(metavar="COMPONENT", help="Such as 'kubelet'.")]


@app.command()
def up(
    *,
    container_log_max_size: Annotated[
        str,
        typer.Option(
            metavar="SIZE",
            callback=_quantity,
            help="At this size the kubelet begins a new file for a container's log.",
        ),
    ] = "10Mi",
) -> None:
    """Bring the cluster up, or what of it is missing or has changed."""
    from devcluster.node.components import Settings

    with _cluster("'up' goes on where it was, 'down' removes what there is") as cluster:
        cluster.up(Settings(container_log_max_size=container_log_max_size))
        say("ready; its kubeconfig is:")
        typer.echo(cluster.kubeconfig)


@app.command()
def down() -> None:
    """Remove the cluster. Built binaries and images stay, so that the next start is quick."""
    with _cluster("run 'down' again to remove the rest") as cluster:
        cluster.down()


@app.command()
def status(
    *,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> None:
    """Show how each part is.

    Exit code: 0 all are healthy, 1 some are not, 3 there is no cluster.
    """
    with _cluster() as cluster:
        if not cluster.running:
            if not quiet:
                say("there is no cluster; start one with 'make cluster'")
            raise typer.Exit(NO_CLUSTER)
        parts = cluster.status()
    if not quiet:
        typer.echo(_table(parts))
    if not all(part.ok for part in parts):
        raise typer.Exit(1)


@app.command()
def load(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="A name of ours, such as 'control' or 'step', built if it changed; or a reference"
            " as skopeo reads it, such as docker-archive:image.tar.",
        ),
    ],
) -> None:
    """Bring images into the cluster; print the reference of each for pods to name."""
    with _cluster("nothing is lost: run it again") as cluster:
        references = cluster.load(images)
        for image in images:
            typer.echo(references[image])


@app.command()
def logs(
    component: Component,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on as the log grows, until Ctrl-C.")
    ] = False,
) -> None:
    """Print a component's log."""
    from devcluster.addons import pods

    with _cluster() as cluster:
        _known(component, (*cluster.components, *pods.NAMESPACES))
        if component in cluster.components:
            command = cluster.log_command(component, follow=follow)
        else:
            command = pods.log_command(_kubectl(cluster), component, follow=follow)
        code = subprocess.run(command, check=False).returncode
    raise typer.Exit(code)


@app.command()
def restart(component: Component) -> None:
    """End a component and have it started again."""
    from devcluster.addons import pods

    with _cluster("run it again") as cluster:
        _known(component, (*cluster.components, *pods.NAMESPACES))
        if component in cluster.components:
            cluster.restart(component)
        else:
            pods.restart(_kubectl(cluster), component)


@app.command()
def kubeconfig() -> None:
    """Print the path of the administrator's login, for KUBECONFIG or kubectl --kubeconfig."""
    with _cluster() as cluster:
        if not cluster.running:
            raise ClusterError("there is no cluster", hint="start one with 'make cluster'")
        typer.echo(cluster.kubeconfig)


_PASSED_ON: Final = {
    "allow_extra_args": True,
    "allow_interspersed_args": False,  # what follows the first word, `--` too, is the program's
    "ignore_unknown_options": True,
}


@app.command(add_help_option=False, context_settings=_PASSED_ON)
def kubectl(context: typer.Context) -> None:
    """Run kubectl on the cluster: the machine's own, or the one that was built with it."""
    with _cluster() as cluster:
        _pass_on(flavours.kubectl(Places.from_environment()), cluster, context)


@app.command(add_help_option=False, context_settings=_PASSED_ON)
def helm(context: typer.Context) -> None:
    """Run the helm that the chart is tested with on the cluster."""
    with _cluster() as cluster:
        _pass_on(flavours.helm(Places.from_environment()), cluster, context)


@app.command()
def flavour() -> None:
    """Print which kind of cluster this machine gets: 'kind' or 'node'."""
    with _told():
        typer.echo(flavours.choose())


@contextlib.contextmanager
def _cluster(after_interrupt: str = "") -> Iterator[Flavour]:
    with _told(after_interrupt):
        yield flavours.open_cluster(Places.from_environment())


@contextlib.contextmanager
def _told(after_interrupt: str = "") -> Iterator[None]:
    """Turn an error into one message, and Ctrl-C into a sentence."""
    try:
        yield
    except ClusterError as error:
        say(f"error: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say(f"interrupted; {after_interrupt}" if after_interrupt else "interrupted")
        raise typer.Exit(INTERRUPTED) from None


def _pass_on(program: Path, cluster: Flavour, context: typer.Context) -> NoReturn:
    """Run a program with the cluster's login and the words that follow; end as it does."""
    command = [str(program), f"--kubeconfig={cluster.kubeconfig}", *context.args]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _kubectl(cluster: Flavour) -> Kubectl:
    from devcluster.addons.kubectl import Kubectl

    return Kubectl(flavours.kubectl(Places.from_environment()), cluster.kubeconfig)


def _known(component: str, components: Sequence[str]) -> None:
    if component not in components:
        names = ", ".join(components)
        raise ClusterError(f"there is no component {component!r}", hint=f"there are: {names}")


def _table(parts: Sequence[Health]) -> str:
    width = max((len(part.name) for part in parts), default=0)
    marks = {True: "ok", False: "NO"}
    return "\n".join(
        f"{part.name:<{width}}  {marks[part.ok]}  {part.message}".rstrip() for part in parts
    )
