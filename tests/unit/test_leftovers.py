from __future__ import annotations

import subprocess
import sys
import uuid

from tests import leftovers

CODE = "import subprocess, sys; subprocess.Popen(['sleep', '60'], start_new_session=True)"


def test_a_process_that_left_its_session_and_parent_is_found_and_ended():
    run = uuid.uuid4().hex
    subprocess.run([sys.executable, "-c", CODE], env={leftovers.VARIABLE: run}, check=True)

    assert list(leftovers.find(run).values()) == ["sleep 60"]
    leftovers.end(run)
    assert leftovers.wait_until_gone(run, seconds=10) == []
