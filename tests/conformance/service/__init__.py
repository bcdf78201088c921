"""The conformance suite of the service ``sqlflow.v1.SQLFlow``, for every runner the same."""

from tests.conformance.service.asking import TestAsking
from tests.conformance.service.endings import TestCancelled, TestFailed, TestTooLong
from tests.conformance.service.jobs import jobs
from tests.conformance.service.leases import TestLeases
from tests.conformance.service.live import TestLive
from tests.conformance.service.refusals import (
    TestRefusedNames,
    TestRefusedPrograms,
    TestRefusedTokens,
)
from tests.conformance.service.replicas import TestReplicas
from tests.conformance.service.transcripts import TestTranscripts

__all__ = [
    "TestAsking",
    "TestCancelled",
    "TestFailed",
    "TestLeases",
    "TestLive",
    "TestRefusedNames",
    "TestRefusedPrograms",
    "TestRefusedTokens",
    "TestReplicas",
    "TestTooLong",
    "TestTranscripts",
    "jobs",
]
