"""The spool: frames of a log that is read as a stream, in pieces, and more than once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkg_argo.spools import Spool
from sqlflow.wire import frames
from sqlflow.wire.frames import Mark, Stream

ARGOS = (
    b'time="2026-01-01T00:00:00.000Z" level=info msg="sub-process exited" argo=true error="<nil>"\n'
)


def line(seq: int, text: str = "x") -> bytes:
    return frames.encode(seq, Stream.STDOUT, Mark.WHOLE, json.dumps(text).encode())


def spool_of(*chunks: bytes, max_bytes: int = 1 << 20) -> Spool:
    spool = Spool(1, "u", max_bytes=max_bytes)
    spool.begin()
    for chunk in chunks:
        spool.feed(chunk)
    return spool


def content(spool: Spool) -> bytes:
    return spool.read(0, spool.size)


def texts(spool: Spool) -> list[tuple[int, str, str]]:
    found = map(frames.decode, content(spool).splitlines())
    return [(f.seq, f.mark.value, f.text) for f in found if f]


def test_frames_are_kept_as_they_are():
    assert content(spool_of(line(1), line(2))) == line(1) + line(2)


@given(st.lists(st.integers(1, 40), max_size=8))
def test_it_does_not_matter_how_the_stream_is_cut(cuts):
    log = b"".join(line(n, f"é{n}\u2028") for n in range(1, 30))
    chunks, start = [], 0
    for cut in cuts:
        chunks.append(log[start : start + cut])
        start += cut
    assert content(spool_of(*chunks, log[start:])) == log


def test_a_log_that_is_read_again_adds_only_what_is_new():
    spool = spool_of(line(1), line(2))
    spool.begin()
    assert spool.feed(line(1) + line(2)) is False
    assert spool.feed(line(3)) is True
    assert content(spool) == line(1) + line(2) + line(3)


def test_a_line_that_a_cut_left_torn_is_taken_from_the_next_reading():
    spool = spool_of(line(1), line(2)[:-5])
    spool.begin()
    spool.feed(line(1) + line(2))
    assert content(spool) == line(1) + line(2)


def test_after_a_rotation_the_fragment_at_the_start_is_no_frame_and_the_numbers_show_the_loss():
    spool = spool_of(line(1))
    spool.begin()
    spool.feed(line(7)[6:] + line(8))
    assert content(spool) == line(1) + line(8)


def test_a_log_that_is_first_read_after_a_rotation_has_frames_all_the_same():
    assert content(spool_of(line(7)[6:] + line(8))) == line(8)


def test_what_argoexec_writes_is_left_out():
    spool = spool_of(ARGOS, line(1), line(2), ARGOS, b"Error: exit status 3\n")
    spool.finish()
    assert content(spool) == line(1) + line(2)


def test_a_last_line_without_its_end_is_taken_when_the_log_is_over():
    spool = spool_of(line(1) + line(2)[:-1])
    assert content(spool) == line(1)
    spool.finish()
    assert (content(spool), spool.complete) == (line(1) + line(2), True)


@pytest.mark.parametrize("kept", [1, 4, 5, 9, 12])
def test_a_torn_last_frame_is_kept_as_it_is_so_that_readers_say_the_loss(kept):
    spool = spool_of(line(1), line(2)[:kept])
    spool.finish()
    assert content(spool).removesuffix(b"\n") == line(1) + line(2)[:kept]


def test_a_torn_last_frame_is_kept_also_where_argoexecs_lines_have_run_into_it():
    spool = spool_of(line(1), line(2)[:5] + ARGOS + ARGOS)
    spool.finish()
    assert content(spool).removesuffix(b"\n") == line(1) + line(2)[:5] + ARGOS[:-1]


def test_a_torn_frame_that_others_follow_is_left_out_since_their_numbers_tell_of_it():
    spool = spool_of(line(1), line(2)[:5] + b"\n" + line(3))
    spool.begin()
    spool.feed(line(1) + line(2)[:5] + b"\n" + line(3))
    spool.finish()
    assert content(spool) == line(1) + line(3)


def test_of_a_log_that_was_not_read_to_its_end_the_begun_line_says_nothing():
    spool = spool_of(line(1), line(2)[:9])
    spool.finish(torn=True)
    assert content(spool) == line(1)


def test_the_lines_of_a_foreign_log_are_numbered():
    spool = spool_of(b"one\n", b"\ntwo\nthr")
    assert texts(spool) == [(1, ".", "one"), (2, ".", ""), (3, ".", "two")]
    spool.finish()
    assert texts(spool)[3:] == [(4, ".", "thr")]


def test_a_foreign_log_of_one_line_is_told_when_it_is_over():
    spool = spool_of(b"No module named sqlflow\n")
    assert texts(spool) == []
    spool.finish()
    assert texts(spool) == [(1, ".", "No module named sqlflow")]


def test_a_foreign_log_that_is_read_again_has_the_same_numbers():
    spool = spool_of(b"a\nb\n")
    spool.begin()
    assert spool.feed(b"a\nb\n") is False
    assert spool.feed(b"c\n") is True
    assert texts(spool) == [(1, ".", "a"), (2, ".", "b"), (3, ".", "c")]


def test_a_foreign_log_that_was_rotated_goes_on_with_a_number_left_out():
    spool = spool_of(b"a\nb\n")
    spool.begin()
    spool.feed(b"x\ny\n")
    assert texts(spool) == [(1, ".", "a"), (2, ".", "b"), (4, ".", "x"), (5, ".", "y")]


def test_argoexecs_lines_in_a_foreign_log_are_left_out():
    json_line = b'{"time":"t","level":"INFO","msg":"sub-process exited","argo":true}\n'
    spool = spool_of(b"a\nError: exit status 3\n", json_line, b"Error: exit status 3\n", b"z\n")
    assert [text for _, _, text in texts(spool)] == ["a", "Error: exit status 3", "z"]


@given(st.text(alphabet=st.sampled_from("aé\x00€😀"), max_size=9000), st.integers(1, 5000))
def test_a_long_foreign_line_is_cut_alike_however_it_comes(text, chunk):
    data = b"first\nsecond\n" + text.encode() + b"\n"
    whole = spool_of(data)
    cut = spool_of(*(data[i : i + chunk] for i in range(0, len(data), chunk)))
    assert content(cut) == content(whole)
    assert "".join(t for n, _, t in texts(whole) if n > 2) == text
    assert [m for _, m, _ in texts(whole)][-1] in {".", "$"}


def test_what_is_not_utf8_becomes_the_replacement_character():
    assert texts(spool_of(b"\xff\xfe\nb\n"))[0] == (1, ".", "��")


def test_a_log_that_is_too_long_ends_with_a_word_about_it():
    spool = spool_of(*(line(n, "y" * 1000) for n in range(1, 40)), max_bytes=20_000)
    last = texts(spool)[-1]
    assert last[0] == 12
    assert json.loads(last[2])["event"] == "truncated"
    assert spool.size <= 20_000
    assert spool.feed(line(99)) is False


@pytest.mark.parametrize(("offset", "size", "found"), [(0, 3, b"sf1"), (4, 1, b"1"), (999, 5, b"")])
def test_bytes_are_read_from_where_they_are_asked_for(offset, size, found):
    assert spool_of(line(1)).read(offset, size) == found
