"""Pages of 2020 of pages of ours."""

from __future__ import annotations

from sqlflow_server.legacy.bookmarks import Bookmark, Note
from sqlflow_server.legacy.paging import PageMaker

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.statuses import Phase, end

HEADER = '{"columns": [{"name": "a", "type": "int64"}]}'
MIDDLE = Bookmark(capability="c", token="t0")
END = end(Phase.SUCCEEDED).to_json()


def line(text, step=1, *, more=False):
    return pb.Record(step=step, attempt=1, stream=pb.STDOUT, text=text, more=more)


def ended(step=1):
    return pb.Record(step=step, attempt=1, stream=pb.STATUS, text=END)


def page(*records, token, end=False, status=pb.RUNNING):
    job = pb.Job(status=status, monitor_url="URL", steps=[pb.Step(index=1), pb.Step(index=2)])
    return pb.Page(records=records, token=token, end=end, job=job)


def made(*pages, bookmark=MIDDLE):
    maker = PageMaker(bookmark, lambda token, last, after: f"{token}:{last.step}->{after.step}")
    for it in pages:
        assert not maker.full
        maker.take(it)
    return maker


def kinds(maker):
    return [it.WhichOneof("response") for it in maker.response().responses.response]


def token(maker):
    return maker.response().updated_fetch_since.step_id


def test_a_page_ends_at_an_eoe_and_goes_on_behind_it():
    maker = made(page(line("a"), ended(), line("b", step=2), token="t1"))
    assert maker.full
    assert kinds(maker) == ["message", "message", "eoe"]
    assert token(maker) == "t1:1->2"


def test_an_eoe_that_is_the_last_of_its_page_needs_no_token_of_its_own():
    maker = made(page(line("a"), ended(), token="t1"))
    assert maker.full
    assert token(maker) == "t1"


def test_pages_are_taken_until_one_is_empty():
    maker = made(page(line("a"), token="t1"), page(line("b"), token="t2"), page(token="t3"))
    assert maker.full
    assert (kinds(maker), token(maker)) == (["message", "message"], "t3")


def test_pages_are_taken_until_there_is_enough():
    maker = made(page(line("x" * 600_000), token="t1"), page(line("x" * 600_000), token="t2"))
    assert maker.full


def test_a_page_does_not_end_in_the_middle_of_a_record():
    maker = made(
        page(line("a"), token="t1"), page(line("b"), line("c", more=True), token="t2"),
        page(token="t3"),
    )  # fmt: skip
    assert (kinds(maker), token(maker)) == (["message"], "t1")


def test_the_header_goes_with_the_place():
    row = pb.Record(step=1, attempt=1, stream=pb.ROWS, text=HEADER)
    maker = made(page(row, token="t1"), page(token="t1"))
    note = Note.from_text(maker.response().updated_fetch_since.step_phase)
    assert note == Note(header=HEADER)


def test_the_first_page_starts_with_where_the_job_is_shown():
    maker = made(page(token="t1"), bookmark=Bookmark(capability="c"))
    (shown,) = maker.response().responses.response
    assert shown.message.message == "SQLFlow Job: URL"


def test_eof_is_the_end_of_a_job_that_succeeded():
    over = page(line("a"), token="t1", end=True, status=pb.SUCCEEDED)
    assert made(over).response().eof
    assert not made(page(line("a"), token="t1")).response().eof


def test_a_failure_is_for_the_page_after_the_last():
    told = made(page(line("a"), token="t1", end=True, status=pb.FAILED))
    assert told.failed is None
    assert not told.response().eof
    after = made(page(token="t1", end=True, status=pb.FAILED))
    assert after.failed is not None


def test_a_page_that_works_again_forgets_the_fault():
    failing = Bookmark(capability="c", token="t0", note=Note(failing=5.0))
    assert made(page(token="t0"), bookmark=failing).response().updated_fetch_since.step_phase == ""
