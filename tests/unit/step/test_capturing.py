from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sqlflow.step.capturing import PIECE, Cutter, Records

chunks = st.lists(st.binary(max_size=40) | st.text("aé花\n\r\0", max_size=20).map(str.encode))


@given(chunks, st.integers(0, 5))
@example([b"\xe2", b"\x82\xac\n"], 1)
@example([b"\xe2", b""], 0)
def test_pieces_put_together_are_the_lines_however_the_stream_is_read(data, flush_every):
    cutter = Cutter()
    pieces = []
    for number, chunk in enumerate(data):
        pieces += cutter.feed(chunk)
        if flush_every and number % flush_every == 0:
            pieces += cutter.flush()
    pieces += cutter.close()
    lines, line = [], ""
    for text, more in pieces:
        line += text
        if not more:
            lines.append(line)
            line = ""
    assert line == ""
    whole = b"".join(data).decode("utf-8", "replace")
    assert "\n".join(lines) == whole.removesuffix("\n")


def test_a_line_is_handed_on_when_it_ends():
    cutter = Cutter()
    assert cutter.feed(b"on") == []
    assert cutter.feed(b"e\ntwo\n\nthr") == [("one", False), ("two", False), ("", False)]
    assert cutter.close() == [("thr", False)]


def test_nothing_printed_is_no_line():
    cutter = Cutter()
    assert cutter.feed(b"") == []
    assert not cutter.pending
    assert cutter.close() == []


def test_an_unfinished_line_is_handed_on_when_asked_and_ended_later():
    cutter = Cutter()
    cutter.feed(b"10%")
    assert cutter.pending
    assert cutter.flush() == [("10%", True)]
    assert cutter.flush() == []
    assert cutter.feed(b"\n") == [("", False)]


def test_a_stream_that_ends_after_a_piece_ends_its_line():
    cutter = Cutter()
    cutter.feed(b"10%")
    cutter.flush()
    assert not cutter.pending
    assert cutter.close() == [("", False)]


def test_a_long_line_is_handed_on_before_its_end():
    cutter = Cutter()
    assert cutter.feed(b"x" * PIECE) == [("x" * PIECE, True)]
    assert cutter.feed(b"y\n") == [("y", False)]


def test_half_a_character_waits_for_its_other_half():
    cutter = Cutter()
    assert cutter.feed("é".encode()[:1]) == []
    assert cutter.flush() == []
    assert cutter.feed("é".encode()[1:] + b"\n") == [("é", False)]


def test_only_a_newline_ends_a_line():
    assert Cutter().feed("a\u2028b\x0bc\rd\n".encode()) == [("a\u2028b\x0bc\rd", False)]


@given(st.lists(st.binary().map(lambda b: b.replace(b"\n", b""))), st.integers(1, 7))
def test_records_are_whole_however_the_pipe_is_read(records, size):
    data = b"".join(record + b"\n" for record in records) + b"torn"
    cutter = Records()
    found = [r for i in range(0, len(data), size) for r in cutter.feed(data[i : i + size])]
    assert found == records
