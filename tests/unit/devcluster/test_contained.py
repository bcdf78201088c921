from __future__ import annotations

import os
import sys

import pytest

from devcluster import contained
from devcluster.errors import ClusterError


@pytest.fixture(autouse=True)
def without_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_what_the_program_writes_on_stdout_is_returned():
    assert contained.run(["printf", "%s-%s", "a", "b"], what="printing") == "a-b"


def test_it_runs_in_the_folder_and_environment_it_is_given(tmp_path):
    environment = {"PATH": os.environ["PATH"], "COLOUR": "blue"}

    written = contained.run(
        ["sh", "-c", "pwd; echo $COLOUR"], what="looking", cwd=tmp_path, env=environment
    )

    assert written == f"{tmp_path}\nblue\n"


def test_its_stdin_is_the_given_text():
    assert contained.run(["cat"], what="reading", input="some\ntext") == "some\ntext"


def test_its_stdin_is_empty_if_none_is_given():
    assert contained.run(["cat"], what="reading") == ""


def test_a_failure_says_what_failed_how_and_the_way_out_with_the_last_lines():
    program = "import sys; print('out'); sys.exit('it is broken')"

    with pytest.raises(ClusterError) as caught:
        contained.run([sys.executable, "-c", program], what="building it", hint="mend it")

    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"building it failed: {sys.executable} -c ")
    assert lines[0].endswith(" ended with status 1; mend it")
    assert lines[1:] == ["  out", "  it is broken"]


def test_an_end_by_a_signal_is_named_as_such():
    with pytest.raises(ClusterError, match=r"was ended by signal 9$"):
        contained.run(["sh", "-c", "kill -9 $$"], what="building")


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(ClusterError, match=r"^building: there is no program nowhere-found$"):
        contained.run(["nowhere-found"], what="building")


def test_a_program_that_is_not_there_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ClusterError) as caught:
        contained.run(["buildah", "images"], what="listing images")

    assert str(caught.value) == (
        "listing images: there is no program buildah; on Debian: apt-get install buildah"
    )


def test_a_long_command_is_cut_in_the_message():
    with pytest.raises(ClusterError) as caught:
        contained.run(["false", "x" * 500], what="building")

    assert str(caught.value) == f"building failed: false {'x' * 94}… ended with status 1"


def test_as_root_it_gets_namespaces_that_end_with_us(monkeypatch):
    started = []

    class Ended:
        returncode = 0
        stdout = ""

    def run(argv, **_):
        started.append(argv)
        return Ended()

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("subprocess.run", run)

    contained.run(["true"], what="building")

    assert started == [
        [
            *("setpriv", "--pdeathsig", "KILL", "--"),
            *("unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "--"),
            "true",
        ]
    ]
