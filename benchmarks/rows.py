"""A large result, from DuckDB through frames, log and Fetch to a client: in flat memory."""

from __future__ import annotations

import functools
import resource
from typing import TYPE_CHECKING

from benchmarks import _rounds
from benchmarks._servers import Server, StepPeaks, serving
from sqlflow.client.assembling import Assembler
from sqlflow.client.events import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = [500_000, 1_000_000, 2_000_000]
FLAT = 1.1
_QUERY = """
SELECT range AS id, range / 7.0 AS ratio, 'customer ' || range % 1000 AS name,
       DATE '2026-01-01' + (range % 365)::INT AS day, (range % 9973)::DECIMAL(12, 2) AS price
FROM range({rows})
"""
_MIB = 2**20


def measure() -> Iterator[_rounds.Finding]:
    servers, steps, clients, seconds = [], [], [], []
    for rows in SIZES:
        with serving(step_output_limit=0) as server, StepPeaks(server.folder) as watch:
            seconds.append(_rounds.timed(functools.partial(_select, server, rows)))
            servers.append(server.peak)
            steps.append(watch.peak)
            clients.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    for who, peaks in (("server", servers), ("step", steps), ("client", clients)):
        growth = peaks[-1] / peaks[0]
        found = ", ".join(f"{peak / _MIB:.0f}" for peak in peaks)
        yield _rounds.Finding(
            what=f"memory of the {who} for 500 k, 1 M, 2 M rows: {found} MiB",
            found=f"{growth:.2f}x",
            target=f"<= {FLAT:.2f}x",
            met=growth <= FLAT,
        )
    exponent = _rounds.exponent(SIZES, seconds)
    yield _rounds.Finding(
        what=f"SELECT to the client's tuples, {SIZES[-1] / seconds[-1]:,.0f} rows/s: growth",
        found=f"exponent {exponent:.2f}",
        target="<= 1.10",
        met=exponent <= 1.1,
    )


def _select(server: Server, rows: int) -> None:
    """Run the query; read its rows as a client does that keeps none."""
    assembler, count = Assembler(), 0
    for page in server.read(server.run(_QUERY.format(rows=rows))):
        count += sum(len(e.rows) for e in assembler.feed(page) if isinstance(e, Rows))
    if count != rows:
        raise SystemExit(f"{count} of {rows} rows arrived")


if __name__ == "__main__":
    _rounds.report(measure)
