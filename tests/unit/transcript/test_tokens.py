import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlflow.errors import TokenError, TokenExpiredError
from sqlflow.transcript import KeyRing, Position, tokens
from sqlflow.transcript.tokens import MAX_LENGTH

OLD, NEW = ("2025", b"o" * 32), ("2026", b"n" * 32)
AT = Position(step=3, attempt=2, source="4f1c", seq=1234, offset=56789, ended=True)
INVALID = r"^not a fetch token of this service$"
EXPIRED = r"^the fetch token is no longer valid; fetch again with the job's id and no token$"

NUMBERS = st.integers(0, 2**63)
RAW = st.binary(max_size=60)
POSITIONS = st.builds(
    Position,
    step=NUMBERS,
    attempt=NUMBERS,
    source=st.text(max_size=40),
    seq=NUMBERS,
    offset=NUMBERS,
    ended=st.booleans(),
)


def raw_bytes(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(st.text(max_size=80), POSITIONS)
def test_a_token_holds_job_and_position(job, position):
    keys = KeyRing([NEW])
    assert keys.verify(keys.sign(job, position)) == (job, position)


def test_a_token_is_short_and_needs_no_quoting_in_an_address():
    token = KeyRing([NEW]).sign("sqlflow/nightly-report/6b20bcb9", AT)
    assert len(token) < 150
    assert token.replace("-", "").replace("_", "").isalnum()


def test_another_replica_with_the_same_keys_believes_it():
    assert KeyRing([NEW]).verify(KeyRing([NEW]).sign("job", AT)) == ("job", AT)


def test_the_same_position_gives_the_same_token():
    assert KeyRing([NEW]).sign("job", AT) == KeyRing([NEW]).sign("job", AT)


def test_a_new_key_in_front_leaves_old_tokens_valid():
    token = KeyRing([OLD]).sign("job", AT)
    rotated = KeyRing([NEW, OLD])
    assert rotated.verify(token) == ("job", AT)
    assert KeyRing([NEW]).verify(rotated.sign("job", AT)) == ("job", AT)


def test_a_token_of_a_key_that_is_gone_has_expired():
    token = KeyRing([OLD]).sign("job", AT)
    with pytest.raises(TokenExpiredError, match=EXPIRED):
        KeyRing([NEW]).verify(token)


def test_a_token_of_an_older_version_has_expired():
    raw = raw_bytes(KeyRing([NEW]).sign("job", AT))
    with pytest.raises(TokenExpiredError, match=EXPIRED):
        KeyRing([NEW]).verify(text(b"\0" + raw[1:]))


def test_a_token_of_a_later_version_is_refused(monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(tokens, "VERSION", 2)
        token = KeyRing([NEW]).sign("job", AT)
    with pytest.raises(TokenError, match=INVALID):
        KeyRing([NEW]).verify(token)


def test_a_token_of_another_service_with_the_same_key_id_is_refused():
    token = KeyRing([("2026", b"x" * 32)]).sign("job", AT)
    with pytest.raises(TokenError, match=INVALID):
        KeyRing([NEW]).verify(token)


def test_a_token_of_another_job_is_refused():
    keys = KeyRing([NEW])
    assert keys.verify(keys.sign("mine", AT), job="mine") == ("mine", AT)
    with pytest.raises(TokenError, match=INVALID):
        keys.verify(keys.sign("mine", AT), job="yours")


def test_any_changed_bit_is_refused():
    keys = KeyRing([NEW])
    raw = raw_bytes(keys.sign("job", AT))
    for bit in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TokenError):
            keys.verify(text(bytes(forged)))


def test_any_cut_or_longer_token_is_refused():
    keys = KeyRing([NEW])
    token = keys.sign("job", AT)
    for length in range(len(token)):
        with pytest.raises(TokenError):
            keys.verify(token[:length])
    for more in ("A", "=", " ", "\n", "AAAA"):
        with pytest.raises(TokenError):
            keys.verify(token + more)


def test_another_spelling_of_the_same_bytes_is_refused():
    """Of the last character, base64 reads only the upper bits."""
    keys = KeyRing([NEW])
    tokens = [keys.sign("job" + "x" * length, AT) for length in range(3)]
    token = next(token for token in tokens if len(token) % 4)
    spelling = token[:-1] + chr(ord(token[-1]) + 1)
    assert raw_bytes(spelling) == raw_bytes(token)
    with pytest.raises(TokenError, match=INVALID):
        keys.verify(spelling)


@settings(max_examples=10_000, deadline=None)
@given(st.text(max_size=60) | RAW.map(text) | RAW.map(lambda raw: text(b"\1\x042026" + raw)))
def test_no_text_makes_it_raise_anything_else(token):
    with pytest.raises(TokenError):
        KeyRing([NEW]).verify(token)


def test_a_text_too_long_is_refused_unread(monkeypatch):
    monkeypatch.setattr(base64, "b64decode", lambda *_args, **_kwargs: pytest.fail("was read"))
    with pytest.raises(TokenError, match=INVALID):
        KeyRing([NEW]).verify("A" * (MAX_LENGTH + 1))


def test_no_token_is_made_that_would_be_refused():
    with pytest.raises(ValueError, match="longer than 1024"):
        KeyRing([NEW]).sign("x" * 1000, AT)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([], "at least one key"),
        ([NEW, NEW], "different ids"),
        ([("", b"n" * 32)], "1 to 32 bytes"),
        ([("k" * 33, b"n" * 32)], "1 to 32 bytes"),
        ([("k", b"short")], "at least 16 bytes"),
    ],
)
def test_keys_that_protect_nothing_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        KeyRing(keys)


def test_a_ring_shows_no_secret():
    assert repr(KeyRing([NEW, OLD])) == "KeyRing(2026, 2025)"
