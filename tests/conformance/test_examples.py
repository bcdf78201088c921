"""Every program in ``examples/`` runs through a server, and what it makes is looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqlflow.client import Client
from sqlflow.errors import NotSupportedError
from tests.conformance.server_processes import running

# Fixtures, by name.
from tests.servers import mariadb, postgres  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlflow.client import Result, StatementResult

    Run = Callable[..., Result]

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"

# Each step of machine learning imports its libraries, which takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server for all programs here, at home in the repository's root."""
    state = tmp_path_factory.mktemp("server") / "state"
    with pytest.MonkeyPatch.context() as patch, running(state) as server:
        patch.chdir(ROOT)
        with Client(server.address) as client:
            yield client


@pytest.fixture
def run(client: Client, tmp_path: Path) -> Run:
    """Run a program on a new database, or on another data source."""

    def run(program: str, *, data_source: str = f"duckdb:///{tmp_path}/example.duckdb") -> Result:
        return client.run(program, data_source=data_source).result()

    return run


@pytest.fixture(scope="module")
def iris(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What ``iris.sql`` gives."""
    database = tmp_path_factory.mktemp("iris") / "example.duckdb"
    return client.run(example("iris.sql"), data_source=f"duckdb:///{database}").result()


def example(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def rows(result: Result, number: int) -> list[tuple[Any, ...]]:
    """The rows of a statement, by its number."""
    (table,) = statement(result, number).tables
    return table.rows


def records(result: Result, number: int) -> list[dict[str, Any]]:
    """The rows of a statement, each by the names of its columns."""
    (table,) = statement(result, number).tables
    return [dict(zip(table.names, row, strict=True)) for row in table.rows]


def statement(result: Result, number: int) -> StatementResult:
    return next(s for s in result.statements if s.index == number)


def milestones(result: Result, number: int) -> list[str]:
    """The messages of a statement, without its time and without waits for statements beside it."""
    said = statement(result, number).messages
    messages = [text for text in said if not text.startswith("waiting for example.duckdb")]
    return [re.sub(r"elapsed \d+\.\d\d s$", "elapsed …", text) for text in messages]


def importance(result: Result, number: int) -> list[str]:
    """The features in the order of a summary."""
    lines = statement(result, number).messages
    first = lines.index("Done explaining") + 2
    return [line.split()[0] for line in lines[first:-1]]


def test_iris(iris: Result) -> None:
    assert rows(iris, 4) == [
        ("setosa", 40, 1.45),
        ("versicolor", 40, 4.25),
        ("virginica", 40, 5.5),
    ]
    (evaluation,) = records(iris, 7)
    assert list(evaluation) == ["loss", "accuracy", "f1", "log_loss"]
    assert evaluation["accuracy"] == pytest.approx(29 / 30)
    assert 0.93 < evaluation["f1"] < 1
    assert 0 < evaluation["log_loss"] < 0.3
    assert rows(iris, 9) == [
        (1, 1.4, 0.2, "setosa", "setosa"),
        (26, 1.6, 0.2, "setosa", "setosa"),
        (51, 4.7, 1.4, "versicolor", "versicolor"),
        (76, 4.4, 1.4, "versicolor", "versicolor"),
        (101, 6.0, 2.5, "virginica", "virginica"),
        (126, 6.0, 1.8, "virginica", "virginica"),
    ]
    assert rows(iris, 10) == [
        ("setosa", "setosa", 10),
        ("versicolor", "versicolor", 9),
        ("versicolor", "virginica", 1),
        ("virginica", "virginica", 10),
    ]
    assert importance(iris, 11)[:2] == ["petal_length", "petal_width"]
    assert statement(iris, 11).figures[0].data.startswith(b"\x89PNG\r\n")


def test_messages_of_iris_come_in_their_order(iris: Result) -> None:
    assert statement(iris, 1).messages == ["150 rows affected"]
    *before, measured, saving, end = milestones(iris, 5)
    assert before == [
        "Done parsing",
        "Done verifying",
        "Done code generation",
        "Start training",
        "Done training",
    ]
    assert measured.startswith("accuracy = 0.966667, log_loss = ")
    assert saving == "Saving model into iris_model"
    assert end == "Job finished. Time elapsed …"
    progress = statement(iris, 5).progress
    assert [p.done for p in progress] == list(range(1, 21))
    pattern = r"epoch \d+, train_mlogloss = \d\.\d+, validate_mlogloss = \d\.\d+"
    assert all(re.fullmatch(pattern, p.text) for p in progress)
    assert progress[0].text.startswith("epoch 0, ")
    assert progress[-1].metrics["train_mlogloss"] < 0.1 < progress[0].metrics["train_mlogloss"]


def test_diabetes(run: Run) -> None:
    result = run(example("diabetes.sql"))

    trained = statement(result, 4).progress
    assert 5 < len(trained) < 200  # stopped early
    (evaluation,) = records(result, 6)
    assert 50 < evaluation["root_mean_squared_error"] < 65
    assert 40 < evaluation["mean_absolute_error"] < 55
    assert 0.35 < evaluation["r2"] < 0.5
    predicted = records(result, 8)
    assert [(r["id"], r["progression"]) for r in predicted] == [
        (5, 135),
        (10, 310),
        (15, 118),
        (20, 168),
        (25, 184),
    ]
    assert all(50 < r["estimate"] < 300 for r in predicted)
    assert [r[0] for r in rows(result, 10)] == ["s5", "bmi", "bp"]


def test_breast_cancer(run: Run) -> None:
    result = run(example("breast_cancer.sql"))

    line, trees = records(result, 8)
    assert (line["model"], trees["model"]) == ("line", "trees")
    assert line["accuracy"] > 0.95
    assert trees["accuracy"] > 0.95
    assert trees["roc_auc"] > 0.98
    counts = {(told, true): count for true, told, count in rows(result, 10)}
    assert sum(counts.values()) == 142
    assert counts["benign", "benign"] >= 90
    assert counts["malignant", "malignant"] >= 45
    assert len(importance(result, 11)) == 10 + 1  # and how many are left out
    assert statement(result, 11).figures


def test_a_neural_network(run: Run) -> None:
    result = run(example("dnn_iris.sql"))

    progress = statement(result, 2).progress
    assert len(progress) == 60
    assert progress[-1].metrics["validate_loss"] < 0.2 < progress[0].metrics["validate_loss"]
    (evaluation,) = records(result, 4)
    assert evaluation["accuracy"] >= 0.9
    counts = dict(rows(result, 6))
    assert sum(counts.values()) == 30
    assert counts["setosa"] == 10
    ((model, text),) = rows(result, 7)
    assert model == "dnn_iris_model"
    assert "TO TRAIN DNNClassifier\nWITH\n  model.n_classes = 3," in text


def test_estimators_of_scikit_learn(run: Run) -> None:
    result = run(example("sklearn_forest.sql"))

    ((flowers, told_right),) = rows(result, 4)
    assert flowers == 30
    assert told_right >= 28
    groups = rows(result, 7)
    assert sum(count for _, _, count in groups) == 150
    assert [count for species, _, count in groups if species == "setosa"] == [50]
    assert set(importance(result, 8)[:2]) == {"petal_length", "petal_width"}


def test_categories(run: Run) -> None:
    result = run(example("categories.sql"))

    (evaluation,) = records(result, 4)
    assert 0.3 < evaluation["r2"] < 0.6
    found = {(age, fat): (count, estimate) for age, fat, count, estimate in rows(result, 6)}
    assert {key: count for key, (count, _) in found.items()} == {
        ("middle", "high"): 27,
        ("middle", "normal"): 28,
        ("old", "high"): 11,
        ("old", "normal"): 4,
        ("young", "high"): 9,
        ("young", "normal"): 9,
    }
    for age in ("young", "middle", "old"):
        assert found[age, "high"][1] > found[age, "normal"][1]


def test_plain_sql(run: Run) -> None:
    result = run(example("report.sql"))

    assert [s.messages for s in result.statements] == [
        ["150 rows affected"],
        ["150 rows affected"],
        ["150 rows affected"],
        [],
        ["50 rows affected"],
        [],
        ["OK"],
    ]
    assert rows(result, 4) == [
        ("setosa", 50, 0.11, 0.366, 0.96),
        ("versicolor", 50, 3.3, 5.72, 8.64),
        ("virginica", 50, 7.5, 11.296, 15.87),
    ]
    assert rows(result, 6) == [("versicolor", 50), ("virginica", 50)]


@pytest.mark.parametrize("engine", ["mariadb", "postgres"])
def test_iris_on_a_server(run: Run, request: pytest.FixtureRequest, engine: str) -> None:
    result = run(example("iris_mysql.sql"), data_source=request.getfixturevalue(engine))

    (evaluation,) = records(result, 6)
    assert list(evaluation) == ["loss", "accuracy", "f1"]
    assert evaluation["accuracy"] == pytest.approx(29 / 30)
    assert rows(result, 8) == [
        ("setosa", "setosa", 10),
        ("versicolor", "versicolor", 9),
        ("versicolor", "virginica", 1),
        ("virginica", "virginica", 10),
    ]
    assert importance(result, 9)[:2] == ["petal_length", "petal_width"]


def test_what_the_language_guide_calls_not_executed_yet_is_refused(client: Client) -> None:
    guide = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    _, refused = guide.split("## Understood, but not executed yet")

    with pytest.raises(NotSupportedError) as error:
        client.run("\n".join(re.findall(r"```sql\n(.*?)```", refused, re.DOTALL)))

    assert [problem.message for problem in error.value.problems] == [
        "not supported yet: TO RUN",
        "not supported yet: TO MAXIMIZE and TO MINIMIZE",
        "not supported yet: SHOW MODELS",
        "not supported yet: DROP MODEL",
    ]


def test_every_example_is_run_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")

    assert [p.name for p in EXAMPLES.glob("*.sql") if f'example("{p.name}")' not in source] == []


def test_the_statements_of_the_language_guide(run: Run) -> None:
    guide = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    executed, _ = guide.split("## Understood, but not executed yet")

    result = run("\n".join(re.findall(r"```sql\n(.*?)```", executed, re.DOTALL)))

    tables = [table.names for table in result.tables]
    assert tables == [
        ["predicted", "flowers"],
        ["loss", "accuracy", "f1"],
        ["Model", "Train Statement"],
    ]
    assert sum(count for _, count in result.tables[0].rows) == 30
