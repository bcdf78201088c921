"""A job is shown to its end, whatever Ctrl-C says."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import typer
from sqlflow_cli import following

from sqlflow import errors
from sqlflow.client import events
from sqlflow.client.snapshots import JobSnapshot, JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUNNING = JobSnapshot(id="j1", status=JobStatus.RUNNING)


def ended(status: JobStatus) -> events.Event:
    return events.JobChanged(JobSnapshot(id="j1", status=status))


class AJob:
    """Says ``first``; then, once it is cancelled or let go on, its end."""

    id, snapshot = "j1", RUNNING

    def __init__(self, *first: events.Event, waits: bool = False) -> None:
        self.first = first
        self.go_on = threading.Event()
        self.cancels: list[bool] = []
        if not waits:
            self.go_on.set()

    def events(self) -> Iterator[events.Event]:
        yield from self.first
        assert self.go_on.wait(30)
        if self.cancels:
            yield ended(JobStatus.CANCELLED)

    def cancel(self, *, immediate: bool) -> None:
        self.cancels.append(immediate)
        if immediate or self.first[0] != LATE:
            self.go_on.set()


LATE = events.Line(step=1, text="ends only at once")


class AView:
    def __init__(self, on: Callable[[events.Event], None] = lambda event: None) -> None:
        self.log: list[Any] = []
        self._on = on

    def start(self, job: JobSnapshot) -> None:
        self.log.append(job.id)

    def show(self, event: events.Event) -> None:
        self.log.append(event)
        self._on(event)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        self.log.append("paused")
        yield

    def close(self) -> None:
        self.log.append("closed")


class ATerminal:
    """Standard input of a person who answers, or presses Ctrl-C again."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        answer = self.answers.pop(0)
        if answer is None:
            signal.raise_signal(signal.SIGINT)
        return str(answer)


def press(event: events.Event) -> None:
    if isinstance(event, events.Line):
        signal.raise_signal(signal.SIGINT)


def follow(job: AJob, view: AView) -> errors.ExitCode:
    with following.Interrupts() as interrupts:
        return following.follow(job, view, interrupts)  # type: ignore[arg-type]  # all it needs


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ATerminal]:
    def sit(*answers: str | None) -> ATerminal:
        terminal = ATerminal(*answers)
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        return terminal

    return sit


@pytest.mark.parametrize(
    ("status", "code"),
    [(JobStatus.SUCCEEDED, 0), (JobStatus.FAILED, 1), (JobStatus.CANCELLED, 1)],
)
def test_the_exit_code_tells_how_the_job_ended(status: JobStatus, code: int) -> None:
    view = AView()
    assert follow(AJob(ended(status)), view) == code
    assert view.log == ["j1", ended(status), "closed"]


def test_an_error_while_reading_is_raised_after_what_was_read() -> None:
    class Broken(AJob):
        def events(self) -> Iterator[events.Event]:
            yield LATE
            raise errors.UnavailableError("gone")

    view = AView()
    with pytest.raises(errors.UnavailableError, match="gone"):
        follow(Broken(), view)
    assert view.log == ["j1", LATE, "closed"]


LINE = events.Line(step=1, text="x")


def test_without_a_terminal_ctrl_c_cancels_and_shows_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job, view = AJob(LINE, waits=True), AView(press)
    assert follow(job, view) == 130
    assert job.cancels == [False]
    assert view.log[-2:] == [ended(JobStatus.CANCELLED), "closed"]
    assert capsys.readouterr().err == "sqlflow: cancelling the job\n"


def test_a_further_ctrl_c_ends_it_at_once() -> None:
    job = AJob(LATE, events.Line(step=1, text="y"), waits=True)
    assert follow(job, AView(press)) == 130
    assert job.cancels == [False, True]


def test_on_a_terminal_ctrl_c_asks_and_c_cancels(person: Callable[..., ATerminal]) -> None:
    person("c\n")
    job, view = AJob(LINE, waits=True), AView(press)
    assert follow(job, view) == 130
    assert job.cancels == [False]
    assert view.log[2] == "paused"


@pytest.mark.parametrize("answer", ["d\n", "D\n", "detach\n", ""])
def test_d_detaches_and_says_how_to_come_back(
    person: Callable[..., ATerminal], capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    person(answer)
    job, view = AJob(LINE, waits=True), AView(press)
    with pytest.raises(typer.Exit) as caught:
        follow(job, view)
    job.go_on.set()
    assert caught.value.exit_code == 130
    assert job.cancels == []
    assert capsys.readouterr().err.endswith(
        "sqlflow: the job goes on; come back to it with: sqlflow attach j1\n"
    )


def test_enter_goes_on_watching(person: Callable[..., ATerminal]) -> None:
    terminal = person("\n", "\n")
    job = AJob(LINE, LINE, ended(JobStatus.SUCCEEDED))
    assert follow(job, AView(press)) == 0
    assert (job.cancels, terminal.answers) == ([], [])


def test_ctrl_c_at_the_question_cancels(person: Callable[..., ATerminal]) -> None:
    person(None)
    job = AJob(LINE, waits=True)
    assert follow(job, AView(press)) == 130
    assert job.cancels == [False]


def test_afterwards_ctrl_c_is_python_s_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    follow(AJob(ended(JobStatus.SUCCEEDED)), AView())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_ctrl_c_before_the_job_has_a_name_is_heeded_when_it_has() -> None:
    job, view = AJob(LINE, waits=True), AView()
    with following.Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        code = following.follow(job, view, interrupts)  # type: ignore[arg-type]  # all it needs
    assert code == 130
    assert job.cancels == [False]


def test_a_second_ctrl_c_before_the_job_has_a_name_ends_the_command() -> None:
    with following.Interrupts():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
