"""A page of 2020, put together of pages of ``sqlflow.v1``. Pure: pages in, a response out.

It ends where a statement ends, since its readers read no further than an ``eoe``. Else it ends
between two records, since a reader could not be told the rest of one.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow_server.legacy import sqlflow_pb2 as old
from sqlflow_server.legacy import telling
from sqlflow_server.legacy.bookmarks import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlflow_server.legacy.bookmarks import Bookmark

ENOUGH = 1024 * 1024
"""Bytes of responses with which a page is sent."""


class PageMaker:
    """Takes pages until it is ``full``.

    Args:
        bookmark: where to begin.
        behind: makes a token for what follows the end of a statement: of the token of its page, the
            record of the end and the one after it.
    """

    def __init__(
        self, bookmark: Bookmark, behind: Callable[[str, pb.Record, pb.Record], str]
    ) -> None:
        self.token = bookmark.token or bookmark.capability
        self.full = False
        self._first = not bookmark.token
        self._next = replace(bookmark, token=self.token, note=Note(header=bookmark.note.header))
        self._behind = behind
        self._teller = telling.Teller(bookmark.note.header)
        self._responses: list[old.Response] = []  # as far as the bookmark reaches
        self._torn: list[old.Response] = []  # behind it, up to the middle of a record
        self._job = pb.Job()
        self._end = False

    @property
    def failed(self) -> pb.Job | None:
        """The job, if there is nothing left to say but that it did not succeed."""
        over = self._end and not self._responses
        return self._job if over and self._job.status != pb.SUCCEEDED else None

    def take(self, page: pb.Page) -> None:
        """Add a page, up to the first end of a statement in it."""
        self._job, self.token = page.job, page.token
        if self._first:
            self._first = False
            self._torn.append(telling.message(f"SQLFlow Job: {page.job.monitor_url}"))
        closed = self._tell(page)
        if closed or page.end or self._teller.whole:
            self._responses += self._torn
            self._torn = []
            self._next = replace(
                self._next, token=self.token, note=Note(header=self._teller.header)
            )
        size = sum(response.ByteSize() for response in self._responses)
        self.full = closed or page.end or not page.records or size >= ENOUGH

    def _tell(self, page: pb.Page) -> bool:
        """Tell the records; return whether a statement ended."""
        for record, following in itertools.zip_longest(page.records, page.records[1:]):
            self._torn += self._teller.tell(record, page.job.steps)
            if record.step and telling.is_end(record):
                if following is not None:
                    self.token = self._behind(page.token, record, following)
                self._end = page.end and following is None
                return True
        self._end = page.end
        return False

    def response(self) -> old.FetchResponse:
        """Return the page: the last one, if the job succeeded and all is told."""
        return old.FetchResponse(
            updated_fetch_since=self._next.to_request(),
            eof=self._end and self._job.status == pb.SUCCEEDED,
            responses=old.FetchResponse.Responses(response=self._responses),
        )
