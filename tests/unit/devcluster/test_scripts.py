"""``tools/test-cluster`` and ``.ci/run``: whatever happens, a cluster of theirs is taken down.

They run in a folder of their own, in which small scripts stand for Python and make. These note
down what they are called with, and end, wait or fail as a test wants it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20.0  # for a few processes of a shell, on a busy machine

# Whoever runs the tests may ignore signals, as nohup does, and a shell could not heed them then.
HEEDING_SIGNALS = """
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""

# Stands for Python. A file `exits/WORD` holds the exit code for a call with that word; `hang` in it
# means: wait for a signal. "-m devcluster" and "-m pytest" are not noted down.
PYTHON = """\
#!/bin/sh
[ "$1" = -m ] && shift && [ "$1" = devcluster ] && shift
echo "$*" >>calls
[ "$1" = flavour ] && cat flavour
for word; do
  [ -e "exits/$word" ] || continue
  [ "$(cat "exits/$word")" = hang ] && exec sleep 60
  exit "$(cat "exits/$word")"
done
"""
MAKE = """\
#!/bin/sh
echo "make $*" >>calls
[ "$1" = test ] && [ -e started ] && : >"$SQLFLOW_STARTED_CLUSTER"
[ -e "exits/make-$1" ] || exit 0
[ "$(cat "exits/make-$1")" = hang ] && exec sleep 60
exit "$(cat "exits/make-$1")"
"""


@dataclass(frozen=True)
class Folder:
    path: Path

    def exits(self, word: str, code: int | str) -> None:
        (self.path / "exits" / word).write_text(f"{code}", "utf-8")

    def start(self, script: str, **environment: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.Popen(
            [sys.executable, "-c", HEEDING_SIGNALS, self.path / script],
            env={**kept, "PATH": f"{self.path}/bin:{os.environ['PATH']}", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, **environment: str) -> tuple[int, str]:
        process = self.start(script, **environment)
        _, said = process.communicate(timeout=SECONDS)
        return process.returncode, said

    def calls(self) -> list[str]:
        file = self.path / "calls"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    def wait_for(self, call: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not any(it.startswith(call) for it in self.calls()):
            assert time.monotonic() < deadline, f"no call of {call}: {self.calls()}"
            time.sleep(0.01)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Of a machine that gets kind, and has no cluster."""
    for script in ("tools/test-cluster", ".ci/run", "tests/leftovers.py"):
        (tmp_path / script).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / script, tmp_path / script)
    (tmp_path / ".ci/run").chmod(0o755)
    write(tmp_path / ".venv/bin/python", PYTHON)
    write(tmp_path / "bin/make", MAKE)
    (tmp_path / "exits").mkdir()
    (tmp_path / "flavour").write_text("kind\n", "utf-8")
    folder = Folder(tmp_path)
    folder.exits("status", 3)
    return folder


TESTS = "pytest tests/cluster --timeout 300"


def test_a_cluster_is_brought_up_for_the_tests_and_taken_down(folder: Folder):
    assert folder.run("tools/test-cluster") == (0, "")
    assert folder.calls() == ["flavour", "status --quiet", "up", TESTS, "down"]


@pytest.mark.parametrize("status", [0, 1])
def test_a_cluster_that_is_there_is_used_and_left(folder: Folder, status: int):
    folder.exits("status", status)

    assert folder.run("tools/test-cluster") == (0, "")
    assert folder.calls() == ["flavour", "status --quiet", "up", TESTS]


def test_the_exit_code_is_that_of_the_tests(folder: Folder):
    folder.exits("pytest", 5)

    assert folder.run("tools/test-cluster") == (5, "")
    assert folder.calls()[-1] == "down"


def test_what_there_is_of_a_cluster_that_does_not_come_up_is_taken_down(folder: Folder):
    folder.exits("up", 1)

    assert folder.run("tools/test-cluster") == (1, "")
    assert folder.calls() == ["flavour", "status --quiet", "up", "down"]


def test_a_cluster_that_can_t_be_taken_down_is_a_failure(folder: Folder):
    folder.exits("down", 4)

    assert folder.run("tools/test-cluster") == (1, "")


@pytest.mark.parametrize("during", ["up", "pytest"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_takes_the_cluster_down(
    folder: Folder, during: str, number: signal.Signals, code: int
):
    folder.exits(during, "hang")
    process = folder.start("tools/test-cluster")
    folder.wait_for(during)

    os.killpg(process.pid, number)
    process.communicate(timeout=SECONDS)

    assert process.returncode == code
    assert folder.calls()[-1] == "down"


def test_where_no_cluster_can_be_a_line_says_so(folder: Folder):
    (folder.path / "flavour").write_text("cluster: error: no engine; it takes one\n", "utf-8")
    folder.exits("flavour", 1)

    code, said = folder.run("tools/test-cluster")

    assert (code, said) == (0, "tests/cluster did not run: no engine; it takes one\n")
    assert folder.calls() == ["flavour"]


def test_where_no_cluster_can_be_ci_fails(folder: Folder):
    folder.exits("flavour", 1)

    code, _ = folder.run("tools/test-cluster", CI="true")

    assert code == 1


def test_the_tests_cluster_is_marked_as_long_as_it_may_be_there(folder: Folder):
    mark = folder.path / "mark"
    folder.exits("pytest", "hang")
    process = folder.start("tools/test-cluster", SQLFLOW_STARTED_CLUSTER=str(mark))
    folder.wait_for("pytest")
    during = mark.exists()

    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=SECONDS)

    assert (during, mark.exists()) == (True, False)


def test_ci_checks_then_tests(folder: Folder):
    assert folder.run(".ci/run") == (0, "")
    assert folder.calls() == ["make check", "make test"]


def test_ci_fails_as_the_check_does_before_there_is_any_environment(folder: Folder):
    shutil.rmtree(folder.path / ".venv")
    folder.exits("make-check", 2)

    assert folder.run(".ci/run") == (2, "")
    assert folder.calls() == ["make check"]


def test_ci_takes_down_the_cluster_of_tests_that_were_killed(folder: Folder):
    (folder.path / "started").touch()
    folder.exits("make-test", 137)

    assert folder.run(".ci/run") == (137, "")
    assert folder.calls() == ["make check", "make test", "down"]


def test_ci_takes_the_tests_cluster_down_when_it_is_ended(folder: Folder):
    (folder.path / "started").touch()
    folder.exits("make-test", "hang")
    process = folder.start(".ci/run")
    folder.wait_for("make test")

    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=SECONDS)

    assert process.returncode == 143
    assert folder.calls()[-1] == "down"
