"""The log of a pod that prints what a step of ours never would.

An administrator's wrapper runs what it likes: lines that are no frames are read by their number. A
burst of them has one time on the node's clock or several, which must not matter. A step that was
killed leaves the beginning of a frame.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from devcluster.places import PROJECT
from sqlflow.v1 import sqlflow_pb2 as pb
from tests.cluster.support.replicas import PATIENCE, Replicas, fetch_somehow, read_all
from tests.conformance.server_processes import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.stages import Stage

# 3,000 lines in one write; then a line of 40 KiB, one with a NUL and a byte that is no UTF-8, an
# empty one, and one without an end.
PROGRAM = r"""
import sys
out = sys.stdout.buffer
out.write("".join(f"line {n} é漢😀\n" for n in range(3000)).encode())
out.write(b"x" * 40960 + b"\n" + b"a\0b\xffc\n" + b"\n" + b"the end")
"""


@pytest.fixture
def foreign(cluster: Cluster, stage: Stage, tmp_path: Path) -> Iterator[Callable[[str], Replicas]]:
    """Makes servers, and an operator whose steps run a program instead of their statements."""
    made = Replicas(cluster, stage.namespace.name, tmp_path)

    def of(program: str) -> Replicas:
        templates = tmp_path / "templates"
        templates.mkdir()
        wrapped = f"command: [python, -c, {json.dumps(program, ensure_ascii=False)}, python,"
        own = (PROJECT / "argo_templates/step.yaml.j2").read_text("utf-8")
        (templates / "step.yaml.j2").write_text(own.replace("command: [python,", wrapped), "utf-8")
        stage.processes.start(TEMPLATES=str(templates))
        return made

    yield of
    made.end()


def test_lines_that_are_no_frames_are_read_whole_and_in_order_from_replicas_that_are_killed(
    foreign, dsn
):
    replicas = foreign(PROGRAM)
    pair = [replicas.start(), replicas.start()]
    job = pair[0].run("SELECT 1 AS a", data_source=dsn)

    transcript, deadline, kills = Transcript(), time.monotonic() + PATIENCE, 0
    while not transcript.end:
        assert time.monotonic() < deadline, transcript.entries[-3:]
        if fetch_somehow(pair, job, transcript, max_bytes=8192) and transcript.pages % 3 == 0:
            pair[0].restart()
            pair.reverse()
            kills += 1

    *many, long, odd, empty, last = lines_of(transcript)
    assert many == [f"line {n} é漢😀" for n in range(3000)]
    assert long == "x" * 40960
    assert (odd, empty, last) == ("a\0b�c", "", "the end")
    assert transcript.job.status == pb.SUCCEEDED
    # 98 KiB of lines take at least twelve pages.
    assert kills >= 4


@pytest.mark.parametrize("torn", ['sf1 2 o. "tor', "sf1 2 o", "sf1 2"])
def test_a_frame_that_a_step_died_in_is_said_to_be_lost(foreign, dsn, torn):
    whole = r'sf1 1 o. "whole"\n'
    die = "os.kill(os.getpid(), signal.SIGKILL)"
    replicas = foreign(f"import os, signal; os.write(1, b'{whole}{torn}'); {die}")
    reader = replicas.start()

    transcript = read_all(reader, reader.run("SELECT 1 AS a", data_source=dsn))

    first, gap, end, last = transcript.entries
    assert first[2:] == (1, pb.STDOUT, "whole", False)
    assert (gap[2], json.loads(gap[4])["details"]) == (2, {"first": 2, "last": 2})
    assert (end[2], json.loads(end[4])["event"]) == (3, "end")
    assert (last[0], json.loads(last[4])["details"]["phase"]) == (0, "Failed")


def lines_of(transcript: Transcript) -> list[str]:
    """Put the lines of the standard output together, whose records come in pieces."""
    lines, rest = [], ""
    for *_, stream, text, more in transcript.entries:
        if stream == pb.STDOUT:
            rest += text
            if not more:
                lines.append(rest)
                rest = ""
    return lines
