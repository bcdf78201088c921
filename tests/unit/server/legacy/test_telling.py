"""Records in the words of 2020."""

from __future__ import annotations

import pytest
from sqlflow_server.legacy import sqlflow_pb2 as old
from sqlflow_server.legacy import telling

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.statuses import Event, Phase, Status, end

STEPS = [pb.Step(index=1, summary="SELECT a"), pb.Step(index=2, summary="SELECT b")]
HEADER = '{"columns": [{"name": "a", "type": "int64"}]}'


def record(text, stream=pb.STDOUT, step=1, *, more=False):
    return pb.Record(step=step, attempt=1, seq=1, stream=stream, text=text, more=more)


def status(event, text="", **details):
    return record(Status(event, text, details).to_json(), pb.STATUS)


def tell(*records, header=""):
    teller = telling.Teller(header)
    return [response for it in records for response in teller.tell(it, STEPS)]


def lines(*records):
    return [response.message.message for response in tell(*records)]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("epoch 1", "epoch 1"),
        ("data:text/html,<script>", " data:text/html,<script>"),
        ("<script>x</script>", " <script>x</script>"),
        ("a < b", "a < b"),
        ("\x1b[2Jgone\r\0", "[2Jgone"),
        ("\x1bdata:text/html,x", " data:text/html,x"),
        ("a\tb", "a\tb"),
    ],
)
def test_a_printed_line_is_never_rendered(printed, shown):
    assert lines(record(printed), record(printed, pb.STDERR)) == [shown, shown]


def test_a_record_in_pieces_is_told_once_it_is_whole():
    teller = telling.Teller()
    assert teller.tell(record("ab", more=True), STEPS) == []
    assert not teller.whole
    assert teller.tell(record("c"), STEPS) == [telling.message("abc")]
    assert teller.whole


def test_a_header_and_rows_become_a_head_and_rows():
    head, first, second = tell(record(HEADER, pb.ROWS), record("[[1],[2]]", pb.ROWS))
    assert head == old.Response(head=old.Head(column_names=["a"]))
    assert [first.WhichOneof("response"), second.WhichOneof("response")] == ["row", "row"]


def test_rows_behind_a_page_need_the_header_before_it():
    assert len(tell(record("[[1],[2]]", pb.ROWS), header=HEADER)) == 2
    assert tell(record("[[1],[2]]", pb.ROWS)) == []


def test_the_begin_of_a_step_says_which_of_how_many():
    begin = status(Event.BEGIN, statement="s01-select", kind="select")
    assert lines(begin) == ["SQLFlow Step: [1/2] Execute Code: SELECT a"]


def test_the_end_of_a_step_is_a_line_and_an_eoe():
    ended = record(end(Phase.SUCCEEDED, elapsed=2.9).to_json(), pb.STATUS)
    line, eoe = tell(ended)
    assert line == telling.message("SQLFlow Step: [1/2] Status: Succeeded")
    assert eoe == old.Response(eoe=old.EndOfExecution(sql="SELECT a", spent_time_seconds=2))
    assert telling.is_end(ended)


def test_the_header_does_not_outlive_its_step():
    teller = telling.Teller(HEADER)
    teller.tell(record(end(Phase.SUCCEEDED).to_json(), pb.STATUS), STEPS)
    assert teller.header == ""


def test_the_end_of_the_job_is_not_told():
    assert tell(record(end(Phase.SUCCEEDED).to_json(), pb.STATUS, step=0)) == []


def test_a_figure_is_html_whose_text_can_not_break_out():
    figure = status(Event.FIGURE, '"><script>', mime="image/png", data="iVBO")
    (line,) = lines(figure)
    assert line == (
        'data:text/html,<div><img src="data:image/png;base64,iVBO" '
        'alt="&quot;&gt;&lt;script&gt;"></div>'
    )


def test_a_loss_is_told_and_ends_what_was_in_pieces():
    teller = telling.Teller()
    teller.tell(record("ab", more=True), STEPS)
    gap = status(Event.GAP, "records 2 to 3 are lost", first=2, last=3)
    assert teller.tell(gap, STEPS) == [telling.message("records 2 to 3 are lost")]
    assert teller.whole


def test_what_is_too_large_for_the_client_is_said_to_be_left_out():
    (line,) = lines(record("x" * (2 * 1024 * 1024)))
    assert line == "a line of 2097162 bytes is left out: it is more than this client takes"
