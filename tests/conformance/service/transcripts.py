"""What a job says: whole, in order, page by page, and always the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service


class TestTranscripts:
    """Of jobs that are over."""

    def test_rows_have_the_types_of_their_columns(self, service: Service, jobs: Jobs) -> None:
        transcript = service.server.read(jobs.typed)
        header = json.loads(transcript.texts(pb.ROWS, 3)[0])

        assert header["columns"] == [
            {"name": "a", "type": "int64"},
            {"name": "b", "type": "double"},
            {"name": "c", "type": "text"},
            {"name": "d", "type": "date"},
            {"name": "e", "type": "decimal"},
        ]
        assert transcript.rows(3) == [
            [1, 0.5, "é漢😀", "2024-02-29", "1.10"],
            [2, None, None, None, None],
        ]

    def test_a_statement_without_rows_says_how_many_it_changed(
        self, service: Service, jobs: Jobs
    ) -> None:
        transcript = service.server.read(jobs.typed)

        assert transcript.texts(pb.ROWS, 2) == []
        assert "2 rows affected" in [it.get("text") for it in transcript.statuses(2)]

    def test_statements_come_in_the_order_of_the_program(
        self, service: Service, jobs: Jobs
    ) -> None:
        transcript = service.server.read(jobs.typed)
        marks = [
            (entry[0], json.loads(entry[4])["event"])
            for entry in transcript.entries
            if entry[3] == pb.STATUS
        ]

        assert [it for it in marks if it[1] in ("begin", "end")] == [
            *((1, "begin"), (1, "end"), (2, "begin"), (2, "end"), (3, "begin"), (3, "end")),
            (0, "end"),
        ]
        assert [entry[0] for entry in transcript.entries[:-1]] == sorted(
            entry[0] for entry in transcript.entries[:-1]
        )

    def test_records_of_a_statement_are_numbered_without_holes(
        self, service: Service, jobs: Jobs
    ) -> None:
        entries = service.server.read(jobs.typed).entries

        for step in (1, 2, 3):
            numbers = [seq for index, _, seq, _, _, _ in entries if index == step]
            assert numbers == list(range(1, len(numbers) + 1))

    def test_the_last_record_is_the_end_of_the_job_and_its_page_says_so(
        self, service: Service, jobs: Jobs
    ) -> None:
        transcript = service.server.read(jobs.typed)
        step, attempt, seq, stream, text, more = transcript.entries[-1]
        end = json.loads(text)

        assert (step, attempt, seq, stream, more) == (0, 1, 1, pb.STATUS, False)
        assert (end["event"], end["details"]["phase"]) == ("end", "Succeeded")
        assert transcript.job.status == pb.SUCCEEDED

    def test_the_token_of_the_last_page_gives_the_end_again(
        self, service: Service, jobs: Jobs
    ) -> None:
        token = service.server.read(jobs.typed).token

        page = service.server.fetch(jobs.typed, Transcript(token=token))

        assert (list(page.records), page.end, page.token) == ([], True, token)

    def test_the_same_token_gives_the_same_page(self, service: Service, jobs: Jobs) -> None:
        first = Transcript()
        service.server.read(jobs.wide)
        service.server.fetch(jobs.wide, first, max_bytes=1)
        again, more = Transcript(token=first.token), Transcript(token=first.token)

        service.server.fetch(jobs.wide, again, max_bytes=1)
        service.server.fetch(jobs.wide, more, max_bytes=1)

        assert again.entries
        assert (again.entries, again.token) == (more.entries, more.token)

    def test_small_pages_give_the_same_transcript_as_large_ones(
        self, service: Service, jobs: Jobs
    ) -> None:
        large = service.server.read(jobs.wide)
        small = service.server.read(jobs.wide, max_bytes=8192)

        assert small.entries == large.entries
        assert small.pages > 20
        assert large.rows(1) == [[n, "x" * 250] for n in range(1, 901)]

    @pytest.mark.parametrize("streams", [[pb.ROWS], [pb.STATUS], [pb.STDOUT, pb.ROWS]])
    def test_only_the_streams_that_are_asked_for_are_given(
        self, service: Service, jobs: Jobs, streams: list[pb.Stream.ValueType]
    ) -> None:
        whole = service.server.read(jobs.typed)

        some = service.server.read(jobs.typed, streams=streams)

        assert some.entries == [entry for entry in whole.entries if entry[3] in streams]
        assert some.entries
        assert some.end

    def test_watch_streams_what_fetch_pages(self, service: Service, jobs: Jobs) -> None:
        watched = Transcript()
        for page in service.stub.Watch(pb.FetchRequest(job=jobs.wide), timeout=PATIENCE):
            watched.take(page)

        assert watched.end
        assert watched.entries == service.server.read(jobs.wide).entries

    def test_fetch_goes_on_from_a_token_of_watch(self, service: Service, jobs: Jobs) -> None:
        request = pb.FetchRequest(job=jobs.wide, max_bytes=1)
        watch = service.stub.Watch(request, timeout=PATIENCE)
        begun = Transcript()
        while not begun.entries:
            begun.take(next(watch))
        watch.cancel()

        assert not begun.end
        whole = service.server.read(jobs.wide)
        assert service.server.read(jobs.wide, begun).entries == whole.entries
