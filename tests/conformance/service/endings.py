"""Jobs that end otherwise than well: failed, cancelled, too late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlflow.v1 import sqlflow_pb2 as pb
from tests.conformance.server_processes import PATIENCE, Transcript

if TYPE_CHECKING:
    from tests.conformance.service.jobs import Jobs
    from tests.conformance.service.services import Service


def ending(transcript: Transcript, step: int = 0) -> tuple[str, str | None]:
    """Return phase and reason of a statement's last record, or the job's."""
    details: dict[str, Any] = transcript.statuses(step)[-1]["details"]
    return details["phase"], details.get("reason")


class TestFailed:
    """A statement fails."""

    def test_the_job_failed_and_names_the_statement(self, service: Service, jobs: Jobs) -> None:
        job = service.server.read(jobs.failed).job

        assert (job.status, job.reason) == (pb.FAILED, "StepFailed")
        assert "s02-select" in job.message
        assert "nowhere" in job.message

    def test_the_statement_says_what_the_database_said(self, service: Service, jobs: Jobs) -> None:
        transcript = service.server.read(jobs.failed)
        errors = [it for it in transcript.statuses(2) if it["event"] == "error"]

        assert len(errors) == 1
        assert "nowhere" in errors[0]["text"]
        assert ending(transcript, 2)[0] == "Failed"

    def test_later_statements_are_skipped(self, service: Service, jobs: Jobs) -> None:
        transcript = service.server.read(jobs.failed)

        assert transcript.rows(1) == [[1]]
        assert [s.skipped for s in transcript.job.steps] == [False, False, True]
        assert transcript.statuses(3) == [
            {"event": "end", "details": {"phase": "Skipped", "reason": "StepFailed"}}
        ]

    def test_the_transcript_ends_with_the_failure(self, service: Service, jobs: Jobs) -> None:
        transcript = service.server.read(jobs.failed)

        assert transcript.entries[-1][:4] == (0, 1, 1, pb.STATUS)
        assert ending(transcript) == ("Failed", "StepFailed")
        assert transcript.statuses(0)[-1]["text"] == transcript.job.message


class TestCancelled:
    """Somebody ends a job."""

    def test_cancel_ends_a_job_and_its_transcript_says_so(
        self, service: Service, jobs: Jobs
    ) -> None:
        job = jobs.cancelled.job
        jobs.cancelled.gate.wait()

        answer = service.stub.Cancel(pb.CancelRequest(job=job), timeout=PATIENCE)
        transcript = service.server.read(job)

        assert answer.id == job
        assert (transcript.job.status, transcript.job.reason) == (pb.CANCELLED, "Cancelled")
        assert ending(transcript) == ("Cancelled", "Cancelled")
        assert transcript.rows(1) == [[1]]
        assert ending(transcript, 2)[0] == "Cancelled"
        assert ending(transcript, 3) == ("Skipped", "Cancelled")
        assert [s.skipped for s in transcript.job.steps] == [False, False, True]

    def test_an_immediate_cancel_ends_a_job_too(self, service: Service, jobs: Jobs) -> None:
        job = jobs.killed.job
        jobs.killed.gate.wait()

        service.stub.Cancel(pb.CancelRequest(job=job, immediate=True), timeout=PATIENCE)
        transcript = service.server.read(job)

        assert transcript.job.status == pb.CANCELLED
        assert ending(transcript) == ("Cancelled", "Cancelled")
        assert ending(transcript, 1)[0] == "Cancelled"

    def test_cancelling_a_job_that_is_over_changes_nothing(
        self, service: Service, jobs: Jobs
    ) -> None:
        before = service.server.read(jobs.typed)

        for immediate in (False, True):
            request = pb.CancelRequest(job=jobs.typed, immediate=immediate)
            assert service.stub.Cancel(request, timeout=PATIENCE) == before.job

        assert service.server.read(jobs.typed).entries == before.entries


class TestTooLong:
    """A job takes too long."""

    def test_a_job_is_ended_at_its_deadline(self, service: Service, jobs: Jobs) -> None:
        transcript = service.server.read(jobs.late)

        assert (transcript.job.status, transcript.job.reason) == (pb.FAILED, "DeadlineExceeded")
        assert ending(transcript) == ("Failed", "DeadlineExceeded")
