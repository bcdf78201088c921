"""Runs all measurements, each in a process of its own, and prints one table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import _rounds


def main() -> int:
    """Return 1 if a target is missed or a script failed."""
    print(_rounds.load_line(), flush=True)
    findings = []
    failed = False
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"{path.stem} …", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{path.stem}", "--json"],
            stdout=subprocess.PIPE,
            check=False,
        )
        failed |= done.returncode != 0
        findings += [_rounds.Finding(**json.loads(line)) for line in done.stdout.splitlines()]
    print(_rounds.table(findings))
    return int(failed or not all(finding.met for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
