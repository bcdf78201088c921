"""What a client of 2020 carries between two calls."""

from __future__ import annotations

import pytest
from sqlflow_server.legacy import sqlflow_pb2 as old
from sqlflow_server.legacy.bookmarks import (
    Bookmark,
    Note,
    capability,
    job_of,
    token_of_attempt,
)

from sqlflow.errors import TokenError, TokenExpiredError
from sqlflow.transcript.positions import Position
from sqlflow.transcript.tokens import KeyRing

KEYS = KeyRing([("k1", b"0123456789abcdef")])
HEADER = '{"columns": [{"name": "a", "type": "int64"}]}'


def test_a_capability_names_its_job():
    assert job_of(KEYS, capability(KEYS, "job-1")) == "job-1"


@pytest.mark.parametrize("text", ["", "job-1", capability(KEYS, "job-1")[:-1] + "!"])
def test_a_made_up_job_id_is_refused(text):
    with pytest.raises(TokenError, match="not a fetch token of this service"):
        job_of(KEYS, text)


def test_a_capability_of_a_key_that_is_gone_says_so():
    others = KeyRing([("k2", b"0123456789abcdef")])
    with pytest.raises(TokenExpiredError):
        job_of(others, capability(KEYS, "job-1"))


def test_what_the_client_echoes_is_the_bookmark_again():
    note = Note(header=HEADER, failing=12.5)
    bookmark = Bookmark(capability="c", token="t", note=note)
    assert Bookmark.read(bookmark.to_request()) == bookmark


def test_a_first_request_has_no_token_and_no_note():
    first = Bookmark.read(old.FetchRequest(job=old.Job(id="c")))
    assert first == Bookmark(capability="c", token="", note=Note(header="", failing=0))


@pytest.mark.parametrize(
    "text",
    [
        "Running", "[]", "1", '{"other": 1}', '{"header": 1}', '{"header": "{}"}',
        '{"header": "[1]"}', '{"failing": NaN}', '{"failing": "x"}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_note_that_is_none_is_refused(text):
    with pytest.raises(TokenError):
        Note.from_text(text)


def test_the_token_of_an_attempt_keeps_the_incarnation():
    token = token_of_attempt(
        KEYS, KEYS.sign("job-1/uid", Position(step=1, seq=9)), step=2, attempt=3
    )
    assert KEYS.verify(token) == ("job-1/uid", Position(step=2, attempt=3))
