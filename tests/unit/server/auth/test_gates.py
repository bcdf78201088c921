"""What the gate says to known and unknown callers. The API server is one in memory."""

import pytest
from sqlflow_server.auth.callers import Verb, machine_of
from sqlflow_server.auth.gates import NO_JOB, NOT_VALID
from sqlflow_server.limits import Limits
from sqlflow_server.metrics import Metrics
from structlog.testing import capture_logs

from pkg_argo.kube_errors import RefusedError, UnauthorizedError
from sqlflow.errors import (
    ForbiddenError,
    JobNotFoundError,
    ThrottledError,
    UnauthenticatedError,
    UnavailableError,
)
from tests.unit.server.auth.reviewers import NO_LIMITS, Call, Reviewer, bearing, gate_of


@pytest.fixture
def kube():
    return Reviewer()


def limits(**changes):
    fields = {name: getattr(NO_LIMITS, name) for name in NO_LIMITS.__slots__}
    return Limits(**fields | changes)


async def test_the_submitter_is_the_user_of_the_token(kube):
    gate = gate_of(kube)
    async with gate.admitted(bearing("alice-token")):
        assert gate.submitter == "alice"


@pytest.mark.parametrize("word", ["bearer", "BEARER", "Bearer "])
async def test_the_word_bearer_may_be_written_as_one_likes(kube, word):
    gate = gate_of(kube)
    async with gate.admitted(Call(("authorization", f"{word} alice-token"))):
        assert gate.submitter == "alice"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (Call(), "this server needs to know who calls: send 'authorization: Bearer TOKEN'"),
        (Call(("authorization", "alice-token")), "expected one 'authorization: Bearer TOKEN'"),
        (Call(("authorization", "Basic YTpi")), "expected one 'authorization: Bearer TOKEN'"),
        (Call(("authorization", "Bearer a\nb")), "expected one 'authorization: Bearer TOKEN'"),
        (Call(("authorization", "Bearer " + "a" * 20_000)), "expected one 'authorization"),
        (Call(*[("authorization", "Bearer alice-token")] * 2), "expected one 'authorization"),
        (bearing("forged"), NOT_VALID),
    ],
)
async def test_who_proves_nothing_is_told_so(kube, call, text):
    with pytest.raises(UnauthenticatedError) as caught:
        async with gate_of(kube).admitted(call):
            pytest.fail("was let in")

    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    "fault",
    [
        UnavailableError("no answer"),
        UnauthorizedError("401"),
        RefusedError("hunter2", status=403, reason="Forbidden", detail="", causes=()),
    ],
)
async def test_without_the_api_server_nobody_is_let_in(kube, fault):
    kube.fault = fault
    with capture_logs() as logs, pytest.raises(UnavailableError) as caught:
        async with gate_of(kube).admitted(bearing("alice-token")):
            pytest.fail("was let in")

    assert "alice-token" not in f"{caught.value}{logs}"
    assert "hunter2" not in f"{caught.value}{logs}"


async def test_without_the_api_server_nothing_is_allowed(kube):
    gate = gate_of(kube)
    async with gate.admitted(bearing("alice-token")):
        kube.fault = UnavailableError("no answer")
        with pytest.raises(UnavailableError):
            await gate.check(Verb.GET, "j1")


async def test_a_token_for_another_audience_is_not_valid(kube):
    kube.audiences = ["https://kubernetes.default.svc"]
    with pytest.raises(UnauthenticatedError, match=NOT_VALID):
        async with gate_of(kube, audience="sqlflow").admitted(bearing("alice-token")):
            pytest.fail("was let in")

    assert kube.asked[0]["audiences"] == ["sqlflow"]


async def test_a_right_is_asked_for_as_the_user_that_the_token_is_of(kube):
    kube.rights = {("alice", "get", "j1")}
    gate = gate_of(kube)
    async with gate.admitted(bearing("alice-token")):
        await gate.check(Verb.GET, "j1")

    assert kube.asked[1] == {
        "user": "alice",
        "uid": "",
        "groups": ["people"],
        "extra": {"k": ["v"]},
        "resourceAttributes": {
            "group": "sqlflow.org",
            "resource": "sqlflowjobs",
            "namespace": "jobs",
            "verb": "get",
            "name": "j1",
        },
    }


async def test_a_hundred_polls_ask_the_api_server_twice(kube):
    kube.rights = {("alice", "get", "j1")}
    gate = gate_of(kube)
    for _ in range(100):
        async with gate.admitted(bearing("alice-token")):
            await gate.check(Verb.GET, "j1")

    assert len(kube.asked) == 2


async def test_one_users_right_is_not_anothers(kube):
    kube.rights = {("alice", "get", "j1")}
    gate = gate_of(kube)
    async with gate.admitted(bearing("alice-token")):
        await gate.check(Verb.GET, "j1")
    async with gate.admitted(bearing("bob-token")):
        with pytest.raises(JobNotFoundError, match=f"^{NO_JOB}$"):
            await gate.check(Verb.GET, "j1")


async def absent_job(gate, token):
    async with gate.admitted(bearing(token)):
        await gate.check(Verb.GET, "j1")
        raise JobNotFoundError("there is no job j1")  # as the runner does


async def test_not_yours_and_not_there_are_one_answer(kube):
    kube.rights = {("alice", "get", "")}
    gate, answers = gate_of(kube), []
    for token in ("alice-token", "bob-token"):
        with pytest.raises(JobNotFoundError) as caught:
            await absent_job(gate, token)
        answers.append(str(caught.value))

    assert answers == [NO_JOB, NO_JOB]


async def test_who_may_read_a_job_and_not_cancel_it_is_told_so(kube):
    kube.rights = {("alice", "get", "j1")}
    gate = gate_of(kube)
    async with gate.admitted(bearing("alice-token")):
        with pytest.raises(ForbiddenError, match="alice may not cancel jobs"):
            await gate.check(Verb.PATCH, "j1")
        with pytest.raises(JobNotFoundError, match=f"^{NO_JOB}$"):
            await gate.check(Verb.PATCH, "j2")


@pytest.mark.parametrize(
    ("verb", "text"), [(Verb.CREATE, "may not run programs"), (Verb.LIST, "may not list jobs")]
)
async def test_what_is_about_no_job_is_forbidden(kube, verb, text):
    gate = gate_of(kube)
    async with gate.admitted(bearing("bob-token")):
        with pytest.raises(ForbiddenError, match=text):
            await gate.check(verb)


async def test_reviews_are_counted_by_their_answers(kube):
    kube.rights = {("alice", "get", "j1")}
    metrics = Metrics()
    gate = gate_of(kube, metrics=metrics)
    for token in ("alice-token", "alice-token", "forged"):
        try:
            async with gate.admitted(bearing(token)):
                await gate.check(Verb.GET, "j1")
        except UnauthenticatedError:
            pass

    def counted(about, answer):
        labels = {"about": about, "answer": answer}
        return metrics.registry.get_sample_value("sqlflow_auth_reviews_total", labels)

    assert [counted("token", it) for it in ("yes", "no", "kept")] == [1, 1, 1]
    assert [counted("access", it) for it in ("yes", "no", "kept")] == [1, None, 1]


async def test_a_machine_that_guesses_tokens_is_stopped_and_others_are_not(kube):
    gate = gate_of(kube, limits(bad_tokens_per_minute=3))
    async with gate.admitted(bearing("alice-token")):
        pass
    refused = []
    for number in range(5):
        with pytest.raises((UnauthenticatedError, ThrottledError)) as caught:
            async with gate.admitted(bearing(f"guess{number}", peer=f"ipv4:10.0.0.1:{number}")):
                pytest.fail("was let in")
        refused.append(type(caught.value))

    assert refused == [UnauthenticatedError] * 3 + [ThrottledError] * 2
    assert len(kube.asked) == 4
    async with gate.admitted(bearing("alice-token")):
        pass
    async with gate.admitted(bearing("bob-token", peer="ipv4:10.0.0.2:1")):
        pass


async def test_calls_at_once_are_limited_for_each_caller(kube):
    gate = gate_of(kube, limits(calls=1))
    async with gate.admitted(bearing("alice-token")):
        with pytest.raises(ThrottledError, match="alice makes 1 calls at once"):
            async with gate.admitted(bearing("alice-token")):
                pytest.fail("was let in")
        async with gate.admitted(bearing("bob-token")):
            pass
    async with gate.admitted(bearing("alice-token")):
        pass


@pytest.mark.parametrize(
    ("peer", "machine"),
    [
        ("ipv4:10.0.0.7:51234", "ipv4:10.0.0.7"),
        ("ipv6:%5B::1%5D:4711", "ipv6:%5B::1%5D"),
        ("unix:", "unix:"),
    ],
)
def test_a_machine_is_a_peer_without_its_port(peer, machine):
    assert machine_of(peer) == machine
