"""What a statement prints: all of it, in order, at once, or said to be cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqlflow.wire.frames import Mark, Stream
from sqlflow.wire.statuses import Event
from tests.conformance.step_processes import Outcome, Step

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def size_in_the_nodes_file(outcome: Outcome) -> int:
    return sum(len(line) + 48 for line in outcome.lines)


def test_a_native_write_of_a_megabyte_that_holds_the_interpreter(step):
    step.code(
        """
        data = b"n" * 99 + b"\\n"
        left = memoryview(data * 10_486)
        libc = ctypes.PyDLL(None)  # unlike CDLL it keeps the interpreter's lock
        while left:
            left = left[libc.write(1, bytes(left), len(left)) :]
        """
    )
    outcome = step.run()
    assert outcome.text(Stream.STDOUT) == ["n" * 99] * 10_486
    assert outcome.exit_code == 0


def test_three_hundred_thousand_short_lines_without_a_limit(step):
    step.code("for i in range(300_000): os.write(1, b'%d\\n' % i)")
    outcome = step.run(limit=0)
    assert outcome.text(Stream.STDOUT) == [str(i) for i in range(300_000)]
    assert outcome.statuses(Event.TRUNCATED) == []


def test_three_hundred_thousand_short_lines_are_cut_off_and_that_is_said(step):
    step.code("sys.stdout.write(''.join(f'{i}\\n' for i in range(300_000)))")
    outcome = step.run()
    shown = outcome.text(Stream.STDOUT)
    assert shown == [str(i) for i in range(len(shown))]
    assert 100_000 < len(shown) < 300_000
    truncated = outcome.status(Event.TRUNCATED)
    assert truncated.text == (
        "The output is larger than 8 MiB, the rest is dropped; "
        "write a large result to a table instead: CREATE TABLE … AS SELECT …"
    )
    assert truncated.details == {"limit": 8 * 1024 * 1024}
    assert size_in_the_nodes_file(outcome) <= 8 * 1024 * 1024
    assert outcome.ending()["phase"] == "Succeeded"


def test_what_comes_after_the_limit_is_dropped_and_the_ending_is_told(step):
    step.code(
        """
        for number in range(3000):
            print("x" * 100)
        for number in range(3000):
            report.progress(f"epoch {number}", unit="epoch", done=1, total=1, metrics={})
        raise ValueError("long " * 2000)
        """
    )
    outcome = step.run(limit=100_000)
    assert size_in_the_nodes_file(outcome) <= 100_000
    assert 0 < len(outcome.statuses(Event.PROGRESS)) < 3000
    assert outcome.status(Event.ERROR).text.startswith("ValueError: long long")
    events = [s.event for s in outcome.statuses(Event.TRUNCATED, Event.ERROR, Event.END)]
    assert events == [Event.TRUNCATED, Event.ERROR, Event.END]
    assert outcome.ending()["phase"] == "Failed"


def test_one_line_of_a_megabyte(step):
    step.code("print('é' * 524_288)")
    assert step.run().text(Stream.STDOUT) == ["é" * 524_288]


def test_bytes_that_are_no_text(step):
    step.code("os.write(1, b'a\\0b\\xffc \\xe2\\x82\\nd\\r\\n'); os.write(2, b'\\x80')")
    outcome = step.run()
    assert outcome.text(Stream.STDOUT) == ["a\0b\ufffdc \ufffd", "d\r"]
    assert outcome.text(Stream.STDERR) == ["\ufffd"]


def test_what_looks_like_a_frame_is_text(step):
    step.code('print(\'sf1 1 s. {"event": "end"}\')')
    outcome = step.run()
    assert outcome.text(Stream.STDOUT) == ['sf1 1 s. {"event": "end"}']
    assert outcome.ending()["phase"] == "Succeeded"


def test_python_prints_any_character(step):
    step.environment["PYTHONIOENCODING"] = "ascii"
    step.code("print('花 \\ud800')")
    assert step.run().text(Stream.STDOUT) == ["花 \\ud800"]


def test_a_progress_bar_is_seen_before_its_line_ends(step):
    step.code(
        """
        os.write(1, b"\\r 10%")
        wait_for("seen 10")
        os.write(1, b"\\r 20%")
        wait_for("seen 20")
        os.write(1, b"\\r100%\\nnext\\n")
        """
    )
    running = step.start()
    for percent in (10, 20):
        frame = running.read_until(lambda frame: frame.stream is Stream.STDOUT)
        assert (frame.text, frame.mark) == (f"\r {percent}%", Mark.MORE)
        running.touch(f"seen {percent}")
    assert running.finish().text(Stream.STDOUT) == ["\r 10%\r 20%\r100%", "next"]


def test_what_is_printed_before_a_status_stands_before_it(step):
    step.code(
        """
        for number in range(300):
            os.write(1 + number % 2, b"%d\\n" % number)
            report.message(str(number))
        """
    )
    outcome = step.run()
    seen = [text for stream, text in outcome.records() if stream is not Stream.STATUS]
    assert sorted(seen, key=int) == [str(number) for number in range(300)]
    place = {(s, text): i for i, (s, text) in enumerate(outcome.records())}
    for number in range(300):
        printed = (Stream.STDERR if number % 2 else Stream.STDOUT, str(number))
        told = (Stream.STATUS, f'{{"event": "message", "text": "{number}"}}')
        assert place[printed] < place[told]


def test_what_python_buffers_stands_before_a_status_too(step):
    step.code("sys.stdout.write('no newline'); report.message('m')")
    outcome = step.run()
    streams = [frame.stream for frame in outcome.frames]
    assert streams.index(Stream.STDOUT) < streams.index(Stream.STATUS, 2)


def test_output_is_seen_while_the_statement_runs(step):
    step.code(
        """
        report.message("Start training")
        wait_for("seen")
        """
    )
    running = step.start()
    running.read_until(lambda frame: "Start training" in frame.text)
    running.touch("seen")
    assert running.finish().exit_code == 0


def test_the_first_rows_are_seen_while_the_query_runs(step):
    step.code(
        """
        from sqlflow.wire.rows import Column, Type

        def batches():
            yield [(1,)]
            wait_for("seen")
            yield [(2,)]

        report.rows([Column("n", Type.INT64)], batches())
        """
    )
    running = step.start()
    running.read_until(lambda frame: frame.stream is Stream.ROW and frame.text == "[[1]]")
    running.touch("seen")
    assert running.finish().table() == [(1,), (2,)]


def test_warnings_of_libraries_go_to_standard_error(step):
    step.code("import warnings; warnings.warn('old')")
    (line, _) = step.run().text(Stream.STDERR)
    assert line.endswith("UserWarning: old")


def test_a_library_that_closes_standard_output_stops_nothing(step):
    step.code("sys.stdout.close(); sys.stderr = None; report.message('still here')")
    outcome = step.run()
    assert "still here" in [s.text for s in outcome.statuses(Event.MESSAGE)]
    assert outcome.ending()["phase"] == "Succeeded"


def test_an_extended_statement_begins_with_parsing_and_ends_with_its_time(step):
    step.code("report.message('Done verifying')")
    texts = [s.text for s in step.run().statuses(Event.MESSAGE)]
    assert texts[:2] == ["Done parsing", "Done verifying"]
    assert texts[2].startswith("Job finished. Time elapsed ")
    assert texts[2].endswith(" s")


def test_a_figure_is_a_status(step):
    step.code("report.figure(b'\\x89PNG', 'importance')")
    figure = step.run().status(Event.FIGURE)
    assert figure.text == "importance"
    assert figure.details == {"mime": "image/png", "data": "iVBORw=="}


def test_a_loss_that_is_no_number_stands_in_the_text_alone(step):
    step.code(
        """
        metrics = {"loss": float("nan"), "auc": 0.5}
        report.progress("loss = nan", unit="epoch", done=1, total=2, metrics=metrics)
        """
    )
    progress = step.run().status(Event.PROGRESS)
    assert progress.text == "loss = nan"
    assert progress.details == {"unit": "epoch", "done": 1, "total": 2, "metrics": {"auc": 0.5}}
