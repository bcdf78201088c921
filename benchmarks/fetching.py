"""Reading a transcript to its end: each byte once, however long it is and whatever the page."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlflow_server.runners.local.reading import FileLog

from benchmarks import _rounds
from benchmarks._servers import Server, serving, size
from sqlflow.transcript import JobEnd, KeyRing, Position, StepView, cut
from sqlflow.wire import frames, statuses
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 256 * 1024
SIZES = [4 * 1024 * 1024 * n for n in (1, 2, 4)]
ROWS = [100_000 * n for n in (1, 2, 4)]
_TEXT = "epoch 17, train_loss = 0.523412, validation_loss = 0.601233, elapsed 1.25 s"


class CountingLog(FileLog):
    """A file of frames that counts the bytes that are read of it."""

    bytes_read = 0

    def read(self, offset: int, size: int) -> bytes:
        data = super().read(offset, size)
        self.bytes_read += len(data)
        return data


def measure() -> Iterator[_rounds.Finding]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [_transcript(Path(folder, str(size)), size) for size in SIZES]
        yield from _count(paths[-1])
        exponent = _rounds.growth(SIZES, lambda size: _time(Path(folder, str(size))))
        yield _rounds.Finding(
            what="pages of a log of 4, 8, 16 MiB: growth of the time",
            found=f"exponent {exponent:.2f}",
            target="<= 1.10",
            met=exponent <= 1.1,
        )
        ours, theirs = _rounds.in_turns(
            lambda: _time(paths[0]), lambda: _rounds.cpu(lambda: _plain_reader(paths[0]))
        )
        ratio = _rounds.ratio(ours, theirs)
        yield _rounds.Finding(
            what="pages of a log, tokens included, to json.loads of each of its lines",
            found=str(ratio),
            target="<= 2x",
            met=ratio.median <= 2,
        )
    yield from _over_grpc()


def _transcript(path: Path, size: int) -> Path:
    line = len(frames.encode(10**5, Stream.STDOUT, frames.Mark.WHOLE, json.dumps(_TEXT).encode()))
    with path.open("wb") as file:
        count = size // line
        for seq in range(1, count):
            payload = json.dumps(_TEXT).encode()
            file.write(frames.encode(seq, Stream.STDOUT, frames.Mark.WHOLE, payload))
        end = statuses.end(Phase.SUCCEEDED).to_json().encode()
        file.write(frames.encode(count, Stream.STATUS, frames.Mark.WHOLE, end))
    return path


def _read(log: FileLog) -> int:
    """Read to the end as a client does that comes with a token for each page."""
    keys = KeyRing([("bench", bytes(32))])
    steps, job = [StepView(index=1, phase=Phase.SUCCEEDED, log=log)], JobEnd(phase=Phase.SUCCEEDED)
    at, end, pages = Position(), False, 0
    while not end:
        page = cut(steps, job, at, max_bytes=PAGE)
        _, at = keys.verify(keys.sign("job", page.position))
        end, pages = page.end, pages + 1
    return pages


def _time(path: Path) -> float:
    log = FileLog(path, 1)
    try:
        return _rounds.cpu(lambda: _read(log))
    finally:
        log.close()


def _count(path: Path) -> Iterator[_rounds.Finding]:
    log = CountingLog(path, 1)
    pages = _read(log)
    amplification = log.bytes_read / log.size
    log.close()
    yield _rounds.Finding(
        what=f"bytes read for each byte of a log of {_size(path)}, in {pages} pages",
        found=f"{amplification:.4f}",
        target="<= 1.04",
        met=amplification <= 1.04,
    )


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 2**20:.0f} MiB"


def _plain_reader(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(json.loads(line.split(b" ", 3)[3])) for line in file)


def _over_grpc() -> Iterator[_rounds.Finding]:
    with serving(step_output_limit=0) as server:
        jobs = {
            rows: server.run(f"SELECT range AS i, 'row' AS t FROM range({rows})") for rows in ROWS
        }
        sizes = [_drain(server, jobs[rows]) for rows in ROWS]
        exponent = _rounds.growth(
            ROWS, lambda rows: _rounds.timed(lambda: _drain(server, jobs[int(rows)]))
        )
    found = ", ".join(f"{size / 2**20:.1f}" for size in sizes)
    yield _rounds.Finding(
        what=f"Fetch over gRPC of transcripts of {found} MiB: growth of the time",
        found=f"exponent {exponent:.2f}",
        target="<= 1.10",
        met=exponent <= 1.1,
    )


def _drain(server: Server, job: str) -> int:
    return size(server.read(job))


if __name__ == "__main__":
    _rounds.report(measure)
