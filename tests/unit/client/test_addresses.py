from __future__ import annotations

import pytest

from sqlflow import errors
from sqlflow.client import addresses


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("localhost:50051", "localhost:50051"),
        ("sqlflow://db.example.org:80", "db.example.org:80"),
        (" 127.0.0.1:1 ", "127.0.0.1:1"),
        ("[::1]:50051", "[::1]:50051"),
    ],
)
def test_a_server_is_host_and_port(given: str, server: str) -> None:
    assert addresses.named_server(given, {}) == server


@pytest.mark.parametrize("given", ["localhost", "http://host:80/", "host:port", "a b:1", "::1"])
def test_another_form_is_refused(given: str) -> None:
    with pytest.raises(errors.UserError, match="expected a server as HOST:PORT, found"):
        addresses.named_server(given, {})


def test_the_environment_names_a_server_unless_one_is_given() -> None:
    environment = {"SQLFLOW_SERVER": "a:1"}
    assert addresses.required_server(None, environment) == "a:1"
    assert addresses.required_server("b:2", environment) == "b:2"


def test_without_a_server_it_says_how_to_name_and_to_start_one() -> None:
    with pytest.raises(errors.UserError, match="set SQLFLOW_SERVER; `sqlflow serve` starts one"):
        addresses.required_server(None, {})


def test_a_monitor_url_names_its_server() -> None:
    assert addresses.server_of("sqlflow://127.0.0.1:7/jobs/abc") == "127.0.0.1:7"
    assert addresses.server_of("abc") is None


@pytest.mark.parametrize("server", ["localhost:1", "127.0.0.1:1", "127.8.0.1:1", "[::1]:1"])
def test_loopback(server: str) -> None:
    assert addresses.is_loopback(server)


@pytest.mark.parametrize("server", ["10.0.0.1:1", "127.example.org:1", "localhost.example:1"])
def test_not_loopback(server: str) -> None:
    assert not addresses.is_loopback(server)
