"""What a Fetch costs the server, counted by the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import Transcript, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.server_processes import ServerProcess


@pytest.fixture
def server(make_server: Callable[..., ServerProcess]) -> ServerProcess:
    return make_server(step_output_limit=0)


def bytes_read(server: ServerProcess) -> int:
    """What the server has read from files so far: sockets are not counted."""
    counters = Path(f"/proc/{server.pid}/io").read_text(encoding="ascii")
    return int(counters.split()[1])


def size_on_disk(server: ServerProcess, job: str) -> int:
    directory = server.state / "jobs" / job
    return sum(path.stat().st_size for path in directory.rglob("*frames*"))


def cost_of_reading(server: ServerProcess, job: str) -> tuple[int, int]:
    before = bytes_read(server)
    transcript = server.read(job)
    return bytes_read(server) - before, transcript.pages


def test_reading_a_transcript_to_its_end_reads_each_of_its_bytes_once(server):
    jobs = [server.run(f"SELECT range, 'some text' FROM range({n})") for n in (50_000, 200_000)]
    for job in jobs:
        server.read(job)
    small, large = (size_on_disk(server, job) for job in jobs)
    (cost_small, _), (cost_large, pages) = (cost_of_reading(server, job) for job in jobs)
    assert large > 3_000_000
    assert pages > 10
    assert cost_large - cost_small <= (large - small) * 1.06


def test_polls_with_nothing_new_read_next_to_nothing(server, gate):
    # One after the other: else the second may have the file, and the first would wait for it.
    job = server.run(f"SELECT range FROM range(200000); {gate.select()};", execution=pb.SEQUENTIAL)
    transcript = Transcript()
    gate.wait()
    while server.fetch(job, transcript, wait=seconds(0)).records:
        pass
    assert size_on_disk(server, job) > 1_000_000
    before = bytes_read(server)
    for _ in range(10):
        assert not server.fetch(job, transcript, wait=seconds(0)).records
    assert bytes_read(server) - before < 10_000
    gate.open()
    server.read(job, transcript)
