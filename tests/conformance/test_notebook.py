"""``%%sqlflow`` in a real kernel."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sqlflow.client import Client, JobStatus
from tests.conformance.server_processes import running, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.server_processes import Gate

pytestmark = pytest.mark.timeout(300)

LOAD = "%load_ext sqlflow.client.jupyter"
DATA = "CREATE OR REPLACE TABLE t AS SELECT range AS a, range % 2 AS y FROM range(100);"
TRAIN = (
    "SELECT * FROM t TO TRAIN xgboost.gbtree "
    "WITH objective='binary:logistic', train.num_boost_round=5 LABEL y INTO m"
)


class Notebook(NotebookClient):
    """A kernel; ``messages`` has what it published while a cell ran, in order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nbformat.v4.new_notebook(), timeout=200, **options)
        self.messages: list[dict[str, Any]] = []
        self.server = ""
        self.on_text: Callable[[str], None] = lambda text: None

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        self.messages.append(msg)
        if msg["msg_type"] == "stream":
            self.on_text(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)

    def run(self, source: str) -> list[Any]:
        """Run a cell; return its outputs."""
        cell = nbformat.v4.new_code_cell(source)
        self.nb.cells.append(cell)
        self.messages.clear()
        self.execute_cell(cell, len(self.nb.cells) - 1)
        return list(cell.outputs)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel that is named a server; all tests of the module share it, since it is slow."""
    folder = tmp_path_factory.mktemp("notebook")
    with running(folder / "state") as server, kernel_in(folder) as notebook:
        notebook.run(f"%env SQLFLOW_SERVER={server.address}")
        notebook.server = server.address
        yield notebook


@contextlib.contextmanager
def kernel_in(folder: Path) -> Iterator[Notebook]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.delenv("SQLFLOW_SERVER", raising=False)
        patch.setenv("SQLFLOW_STATE_DIRECTORY", str(folder / "own-state"))
        notebook = Notebook(resources={"metadata": {"path": str(folder)}})
        with notebook.setup_kernel():
            notebook.run(LOAD)
            yield notebook


@pytest.fixture
def notebook(kernel: Notebook) -> Notebook:
    kernel.on_text = lambda text: None
    return kernel


def printed(outputs: list[Any], name: str = "stdout") -> str:
    return "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == name)


def shown(outputs: list[Any], mime: str) -> list[str]:
    return [o["data"][mime] for o in outputs if mime in o.get("data", {})]


def value(outputs: list[Any]) -> list[Any]:
    return [o for o in outputs if o["output_type"] == "execute_result"]


def test_a_line_is_shown_while_the_program_still_runs(notebook: Notebook, gate: Gate) -> None:
    # The gate is opened by the line: were lines shown at the end only, there would be none.
    notebook.on_text = lambda text: gate.open() if "3 rows affected" in text else None

    outputs = notebook.run(
        "%%sqlflow --sequential\n"
        f"CREATE OR REPLACE TABLE x AS SELECT * FROM range(3);\n{gate.select()}"
    )

    assert "3 rows affected" in printed(outputs)
    assert "42" in value(outputs)[0]["data"]["text/plain"]


def test_a_training_has_lines_and_a_bar_before_it_ends(notebook: Notebook) -> None:
    outputs = notebook.run(f"%%sqlflow\n{DATA}\n{TRAIN};")

    assert re.search(r"Start training(.|\n)*Done training", printed(outputs))
    texts = [
        m["content"].get("text", "") or m["content"]["data"]["text/plain"]
        for m in notebook.messages
        if m["msg_type"] in ("stream", "display_data", "update_display_data")
    ]
    bars = [i for i, text in enumerate(texts) if text.startswith("round ")]
    end = next(i for i, text in enumerate(texts) if "Done training" in text)
    assert bars
    assert max(bars) < end
    (bar,) = [h for h in shown(outputs, "text/html") if "<progress" in h]
    assert bar.startswith('<progress value="5" max="5"></progress> round 5/5')


def test_one_table_is_the_value_of_the_cell(notebook: Notebook) -> None:
    outputs = notebook.run("%%sqlflow\nSELECT 1 AS one, '<b>' AS html, NULL::INT AS n")

    (only,) = value(outputs)
    assert "<td>&lt;b&gt;</td>" in only["data"]["text/html"]
    assert shown(outputs, "text/html") == [only["data"]["text/html"]]
    told = notebook.run("print(type(_).__name__, list(_.one), str(_.dtypes['n']))")
    assert printed(told) == "DataFrame [1] Int64\n"


def test_a_table_in_the_middle_is_shown_at_once_and_is_the_value_too(notebook: Notebook) -> None:
    outputs = notebook.run(
        "%%sqlflow\nSELECT 7 AS seven;\nCREATE OR REPLACE TABLE x AS SELECT 1 AS a"
    )

    assert [h for h in shown(outputs, "text/html") if "seven" in h]
    assert value(outputs) == []
    assert printed(notebook.run("print(_.seven[0])")) == "7\n"


def test_several_tables_are_all_shown(notebook: Notebook) -> None:
    outputs = notebook.run("%%sqlflow all_of_it\nSELECT 1 AS a;\nSELECT '<i>' AS b")

    first, second = shown(outputs, "text/html")
    assert ">a</th>" in first
    assert "&lt;i&gt;" in second
    told = notebook.run("print([t.rows for t in all_of_it.tables], all_of_it.job.status)")
    assert printed(told) == "[[(1,)], [('<i>',)]] SUCCEEDED\n"


def test_an_explanation_is_a_picture(notebook: Notebook) -> None:
    outputs = notebook.run(f"%%sqlflow\n{DATA}\n{TRAIN};\nSELECT * FROM t TO EXPLAIN m;")

    (picture,) = shown(outputs, "image/png")
    assert picture.startswith("iVBORw0KGgo")  # PNG in base64
    assert printed(outputs).rstrip().splitlines()[-1].startswith("Job finished. Time elapsed")


def test_a_wrong_program_is_a_short_error_with_a_caret(notebook: Notebook) -> None:
    with pytest.raises(CellExecutionError) as caught:
        notebook.run("%%sqlflow\nSELECT * FROM t\nTO TRIAN DNNClassifier LABEL y INTO m")

    assert caught.value.ename == "ProgramError"
    said = caught.value.traceback
    assert "line 2, column 4" in said
    assert "\n  TO TRIAN DNNClassifier LABEL y INTO m\n     ^" in said
    assert "Traceback" not in said


def test_a_failed_statement_is_a_short_error(notebook: Notebook) -> None:
    with pytest.raises(CellExecutionError) as caught:
        notebook.run("%%sqlflow\nSELECT 1 AS a;\nSELECT * FROM nowhere")

    assert caught.value.ename == "JobFailedError"
    assert "Table with name nowhere does not exist" in caught.value.traceback
    assert "Traceback" not in caught.value.traceback
    outputs = notebook.nb.cells[-1].outputs
    assert any(">a</th>" in h for h in shown(outputs, "text/html"))


def test_wrong_use_says_what_is_right(notebook: Notebook) -> None:
    with pytest.raises(CellExecutionError, match="unrecognized arguments: --sever"):
        notebook.run("%%sqlflow --sever x\nSELECT 1")
    with pytest.raises(CellExecutionError, match="write the program below %%sqlflow"):
        notebook.run("%sqlflow")


def interrupted(notebook: Notebook, options: str, gate: Gate) -> tuple[str, str]:
    """Interrupt a cell once it has printed; return its job and what was said of it."""
    pid = int(printed(notebook.run("import os; print(os.getpid())")))
    found: list[str] = []

    def interrupt(text: str) -> None:
        found.extend(re.findall(r"^job (\S+)", text, re.MULTILINE))
        if "affected" in text:
            os.kill(pid, signal.SIGINT)

    notebook.on_text = interrupt
    with pytest.raises(CellExecutionError) as caught:
        notebook.run(
            f"%%sqlflow --sequential {options}\n"
            f"CREATE OR REPLACE TABLE x AS SELECT 1 AS a;\n{gate.select()}"
        )
    notebook.on_text = lambda text: None
    return found[0], str(caught.value.traceback)


def test_an_interrupt_cancels_the_job(notebook: Notebook, gate: Gate) -> None:
    job, said = interrupted(notebook, "", gate)

    assert f"job {job} is being cancelled, see what it said with: %sqlflow --attach {job}" in said
    with Client(notebook.server) as client:
        until(lambda: client.status(job).status.final, "the job is over")
        assert client.status(job).status is JobStatus.CANCELLED


def test_an_interrupt_leaves_a_job_that_is_to_be_kept(notebook: Notebook, gate: Gate) -> None:
    job, said = interrupted(notebook, "--keep", gate)

    assert f"job {job} goes on, come back to it with: %sqlflow --attach {job}" in said
    gate.open()
    outputs = notebook.run(f"%sqlflow --attach {job}")
    assert "42" in value(outputs)[0]["data"]["text/plain"]


def test_without_a_server_one_is_started_that_ends_with_the_kernel(tmp_path: Path) -> None:
    with kernel_in(tmp_path) as notebook:
        outputs = notebook.run("%%sqlflow\nSELECT 5 AS five")
        assert "five" in value(outputs)[0]["data"]["text/plain"]
        told = notebook.run(
            "import os\nfrom IPython import get_ipython\n"
            "magics = get_ipython().magics_manager.registry['SQLFlowMagics']\n"
            "print(magics._local._process.pid, os.getpid())"
        )
        server, kernel = map(int, printed(told).split())
        assert runs(server)

        os.kill(kernel, signal.SIGKILL)

        until(lambda: not runs(server), "the server is gone")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
