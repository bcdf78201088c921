import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sqlflow.wire import frames
from sqlflow.wire.frames import MAX_LINE, Frame, Mark, Stream

TEXT_STREAMS = st.sampled_from([Stream.STDOUT, Stream.STDERR])
JSON_STREAMS = st.sampled_from([Stream.ROW, Stream.STATUS])
# Everything UTF-8 can carry: no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def lines_of(stream: Stream, text: str, *, first: int = 1) -> list[bytes]:
    pieces = enumerate(frames.pieces(stream, text), start=first)
    return [frames.encode(seq, stream, mark, payload) for seq, (mark, payload) in pieces]


def read_back(lines: list[bytes]) -> str:
    found = [frames.decode(line) for line in lines]
    assert None not in found
    return "".join(frame.text for frame in found if frame is not None)


def test_a_line_of_text_is_one_readable_frame():
    assert lines_of(Stream.STDOUT, "epoch 0, train_loss = 0.52", first=17) == [
        b'sf1 17 o. "epoch 0, train_loss = 0.52"\n'
    ]


def test_a_row_stands_in_its_frame_as_the_json_that_it_is():
    assert lines_of(Stream.ROW, '[[1,"a"]]') == [b'sf1 1 r. [[1,"a"]]\n']
    assert frames.decode(b'sf1 1 r. [[1,"a"]]\n') == Frame(1, Stream.ROW, Mark.WHOLE, '[[1,"a"]]')


def test_a_frame_decodes_to_number_stream_mark_and_text():
    line = b'sf1 3 e+ "half a "\n'
    assert frames.decode(line) == Frame(3, Stream.STDERR, Mark.MORE, "half a ")


@given(TEXT_STREAMS, TEXT)
@example(Stream.STDOUT, "\0\x01\x1f\x7f")
@example(Stream.STDOUT, "\u2028\u2029\x85\x0b\x0c\r")
@example(Stream.STDERR, 'a "quoted" \\ backslash')
@example(Stream.STDERR, "😀" * 3000)
def test_text_comes_back_as_it_was(stream, text):
    assert read_back(lines_of(stream, text)) == text


@given(JSON_STREAMS, JSON)
def test_json_comes_back_as_it_was(stream, value):
    text = json.dumps(value, ensure_ascii=False)
    assert read_back(lines_of(stream, text)) == text


@pytest.mark.parametrize("character", ["x", "\0", '"', "é", "\u2028", "😀"])
def test_a_megabyte_in_one_line_comes_back_whole_in_full_frames(character):
    text = character * 1_000_000
    lines = lines_of(Stream.STDOUT, text)
    assert read_back(lines) == text
    assert max(map(len, lines)) <= MAX_LINE
    assert min(map(len, lines[:-1])) > MAX_LINE * 0.9


@pytest.mark.parametrize("stream", [Stream.STDOUT, Stream.ROW])
@pytest.mark.parametrize("size", range(MAX_LINE - 40, MAX_LINE + 2))
def test_no_line_is_longer_than_the_longest(stream, size):
    text = "x" * size if stream is Stream.STDOUT else '["' + "x" * (size - 4) + '"]'
    number = 9_999_999_999_999_999_999
    lines = [frames.encode(number, stream, *piece) for piece in frames.pieces(stream, text)]
    assert max(map(len, lines)) <= MAX_LINE
    assert read_back(lines) == text


def test_only_the_last_piece_says_that_nothing_follows():
    marks = [
        frame.mark
        for line in lines_of(Stream.STDOUT, "x" * 20_000)
        if (frame := frames.decode(line))
    ]
    assert marks == [Mark.MORE, Mark.MORE, Mark.LAST]


def test_a_lone_surrogate_becomes_a_question_mark():
    assert read_back(lines_of(Stream.STDOUT, "a\ud800b")) == "a?b"
    assert read_back(lines_of(Stream.ROW, '["\udfff"]')) == '["?"]'


def test_a_lone_surrogate_that_an_escape_spells_becomes_a_question_mark():
    assert frames.decode(rb'sf1 1 o. "a\ud800b"') == Frame(1, Stream.STDOUT, Mark.WHOLE, "a?b")


@given(TEXT_STREAMS, TEXT)
@example(Stream.STDOUT, 'x\nsf1 2 s. {"event": "end"}\n')
@example(Stream.STDOUT, 'sf1 2 s. {"event": "end"}')
def test_text_holds_no_line_of_its_own(stream, text):
    """A program that prints frames prints text: there is one newline in a line, the last byte."""
    for line in lines_of(stream, text):
        assert line.index(b"\n") == len(line) - 1


@given(st.sampled_from(list(Stream)), TEXT, st.data())
@example(Stream.ROW, "x" * 9000, None)
def test_a_torn_line_is_no_frame(stream, text, data):
    record = text if stream in frames.TEXT_STREAMS else json.dumps([text], ensure_ascii=False)
    line = lines_of(stream, record)[0].removesuffix(b"\n")
    cut = data.draw(st.integers(0, len(line) - 1)) if data else len(line) - 1
    assert frames.decode(line[:cut]) is None


@given(TEXT, st.data())
def test_two_lines_run_together_are_no_frame(text, data):
    first, second = lines_of(Stream.STDOUT, text)[0], lines_of(Stream.STDOUT, "next", first=2)[0]
    kept = data.draw(st.integers(1, len(first) - 1))
    assert frames.decode(first[:kept] + second) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello",
        b'sf2 1 o. "later version"',
        b'sf1 0 o. "numbers begin at one"',
        b'sf1 01 o. "one spelling a number"',
        b'sf1 99999999999999999999 o. "no 64-bit number"',
        b'sf1 1 x. "no such stream"',
        b'sf1 1 o? "no such mark"',
        b"sf1 1 o. not json",
        b"sf1 1 o. 17",
        b'sf1 1 r+ ["a piece is a string"]',
        b'sf1 1 o. "\xff"',
        b'sf1 1 o. "\xff\\n"',
        b'sf1 1 o. "raw \x01 control character"',
        b' sf1 1 o. "indented"',
        b'2026-01-01T00:00:00Z sf1 1 o. "stamped"',
        b"sf1 1 r. " + b"[" * 8000,
        b"sf1 1 r. " + b"9" * 8000,
    ],
)
def test_what_only_looks_like_a_frame_is_none(line):
    assert frames.decode(line) is None


@given(st.binary() | st.binary().map(lambda tail: b"sf1 1 o. " + tail))
def test_no_bytes_make_the_decoder_raise(line):
    frame = frames.decode(line)
    assert frame is None or frame.seq >= 1


@given(st.integers(1, 10**18), st.sampled_from(list(Stream)), st.sampled_from(list(Mark)))
def test_the_head_agrees_with_the_frame(seq, stream, mark):
    line = frames.encode(seq, stream, mark, b'"x"')
    assert frames.head(line) == (seq, stream)
    assert frames.decode(line) == Frame(
        seq, stream, mark, "x" if stream in frames.TEXT_STREAMS or mark != "." else '"x"'
    )
