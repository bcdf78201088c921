"""A change of our Python code runs in a pod after one command."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import subprocess
from typing import TYPE_CHECKING

from devcluster import flavours
from devcluster.places import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground


async def test_a_changed_line_runs_in_a_pod(
    cluster: Cluster, namespace: Playground, tmp_path: Path
) -> None:
    project = copied(tmp_path / "project")
    module = project / "sqlflow" / "__init__.py"
    text = module.read_text("utf-8")
    changed = text.replace('__version__ = "0.1.0"', '__version__ = "0.1.0+changed"')
    assert changed != text
    module.write_text(changed, "utf-8")
    flavour = flavours.open_cluster(dataclasses.replace(cluster.places, project=project))

    references = await asyncio.to_thread(flavour.load, ["step"])
    output = await namespace.run(references["step"], "import sqlflow; print(sqlflow.__version__)")

    assert output == "0.1.0+changed\n"
    assert references["step"] != cluster.images["step"]


def copied(target: Path) -> Path:
    """Copy what git knows of the checkout: what an image is built from."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name)
    return target
