"""Runs all measurements, each in a process of its own, and prints one table.

What was not measured, for want of a cluster, is in the table and is no failure, except where
``CI=true`` is set.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import _rounds

_INTERRUPTED = 130


def main() -> int:
    """Return 1 if a target is missed or a script failed."""
    print(_rounds.load_line(), flush=True)
    findings = []
    failed = False
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"{path.stem} …", file=sys.stderr, flush=True)
        code, output = _run(path.stem)
        failed |= code != 0
        findings += [_rounds.Finding(**json.loads(line)) for line in output.splitlines()]
    print(_rounds.table(findings))
    return int(failed or any(map(_is_missed, findings)))


def _run(script: str) -> tuple[int, str]:
    """Run a script; return its exit code and its findings.

    Ctrl-C goes to the script as well, which puts back what it has changed before it ends.
    """
    command = [sys.executable, "-m", f"benchmarks.{script}", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            output, _ = process.communicate()
        except KeyboardInterrupt:
            process.wait()
            raise SystemExit(_INTERRUPTED) from None
    return process.returncode, output


def _is_missed(finding: _rounds.Finding) -> bool:
    return finding.met is False or (finding.met is None and os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main())
