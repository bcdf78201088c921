from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from sqlflow_server import requests

from sqlflow.errors import TokenError, UserError
from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.wire.frames import Stream
from sqlflow.wire.statuses import Phase

LIMITS = requests.PageLimits(wait=15.0, page_bytes=1000_000, max_page_bytes=3000_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("j1", "j1"),
        (" j1 ", "j1"),
        ("sqlflow://127.0.0.1:5/jobs/j1", "j1"),
        ("sqlflow://[::1]:5/jobs/j1", "j1"),
        ("sqlflow://h:5/other/j1", "sqlflow://h:5/other/j1"),
    ],
)
def test_a_job_is_named_by_id_or_by_url(text, expected):
    assert requests.job_id(text) == expected


@pytest.mark.parametrize(
    ("asked", "expected"), [(0, 1000_000), (1, 8192), (2000_000, 2000_000), (2**32 - 1, 3000_000)]
)
def test_a_page_has_the_size_asked_for_within_limits(asked, expected):
    assert LIMITS.size_of(pb.FetchRequest(max_bytes=asked)) == expected


@pytest.mark.parametrize(("asked", "expected"), [(0, 0.0), (3, 3.0), (99, 15.0)])
def test_a_fetch_waits_as_long_as_asked_for_within_limits(asked, expected):
    assert LIMITS.wait_of(pb.FetchRequest(wait=Duration(seconds=asked))) == expected


def test_a_fetch_that_does_not_say_waits_for_the_servers_time():
    assert LIMITS.wait_of(pb.FetchRequest()) == 15.0


def test_streams_are_those_named_or_all():
    assert requests.streams([pb.ROWS, pb.STATUS]) == {Stream.ROW, Stream.STATUS}
    assert requests.streams([]) == set(Stream)


def test_requests_differ_in_what_would_make_another_job():
    same = pb.RunRequest(program="p", idempotency_key="k")
    others = [
        pb.RunRequest(program="q"),
        pb.RunRequest(program="p", data_source="duckdb:///x"),
        pb.RunRequest(program="p", execution=pb.SEQUENTIAL),
        pb.RunRequest(program="p", working_directory="/"),
        pb.RunRequest(program="p", fetch_lease=Duration(seconds=9)),
        pb.RunRequest(program="p", deadline=Duration(seconds=9)),
    ]
    prints = {requests.fingerprint(r) for r in [same, *others]}

    assert len(prints) == 7
    assert requests.fingerprint(pb.RunRequest(program="p")) == requests.fingerprint(same)


def print_of(data_source):
    return requests.fingerprint(pb.RunRequest(program="p", data_source=data_source))


def test_a_fingerprint_tells_databases_apart_and_nothing_of_the_password():
    assert print_of("mysql://u:a@h/d") == print_of(" mysql://u:b@h/d?password=c")
    assert print_of("mysql://u:a@h/d") != print_of("mysql://u:a@h/e")
    assert print_of("mysql://u:a@h/d") != print_of("mysql://v:a@h/d")


def test_a_data_source_with_a_malformed_host_is_refused_without_showing_it():
    with pytest.raises(UserError, match=r"^data_source is not a DSN: the host in it is malformed$"):
        print_of("mysql://u:secret@[h/d")


def test_a_page_token_of_jobs_is_read_back():
    request = pb.ListJobsRequest(page_token=requests.page_token(12.5, "j9"), page_size=3)
    query = requests.job_query(request)

    assert (query.before, query.limit) == ((12.5, "j9"), 3)
    assert query.phases == set(Phase)


@pytest.mark.parametrize("token", ["x", "e30", "bnVsbA==", "é", "WzEsMiwzXQ=="])
def test_a_page_token_of_something_else_is_refused(token):
    with pytest.raises(TokenError, match="not a page token of ListJobs"):
        requests.job_query(pb.ListJobsRequest(page_token=token))


def test_jobs_are_asked_for_by_status():
    query = requests.job_query(pb.ListJobsRequest(statuses=[pb.RUNNING, pb.UNKNOWN]))

    assert query.phases == {Phase.RUNNING}


def test_no_more_jobs_are_listed_at_once_than_the_limit():
    assert requests.job_query(pb.ListJobsRequest()).limit == 50
    assert requests.job_query(pb.ListJobsRequest(page_size=10_000)).limit == 500


def test_a_callers_folder_is_used_where_jobs_see_it(tmp_path):
    assert requests.working_directory(str(tmp_path), shared_files=True) == str(tmp_path)


def test_a_callers_folder_has_to_be_there_where_jobs_see_it(tmp_path):
    missing = str(tmp_path / "missing")
    with pytest.raises(UserError, match="not a directory on the server's machine"):
        requests.working_directory(missing, shared_files=True)


@pytest.mark.parametrize("folder", ["", "/no/such/folder", "/"])
def test_a_callers_folder_means_nothing_to_a_cluster(folder):
    assert requests.working_directory(folder, shared_files=False) == ""
