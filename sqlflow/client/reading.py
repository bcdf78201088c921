"""A reader's place in a transcript, without the I/O: the clients only carry its messages.

The token moves on only with a page that arrived, so a Fetch that was lost is simply sent again,
and a server that was restarted meanwhile is not noticed. Memory does not grow with what was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlflow.client import assembling, requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlflow.client import events
    from sqlflow.v1 import sqlflow_pb2 as pb


class Reading:
    """Asks for the next page, and makes events of the one that came."""

    def __init__(self, job: str) -> None:
        self.done = False
        self._job = job
        self._token = ""
        self._assembler = assembling.Assembler()

    def request(self) -> pb.FetchRequest:
        """Return the request for the next page."""
        return requests.fetch_request(self._job, self._token)

    def feed(self, page: pb.Page) -> Iterator[events.Event]:
        """Take in the page that answered; yield what it says."""
        self._token, self.done = page.token, page.end
        return self._assembler.feed(page)
