"""A real server with TLS, and certificates that are replaced while it runs."""

from __future__ import annotations

import re
import socket
import ssl

import grpc
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sqlflow import errors
from sqlflow.client import Client, Login
from tests.conformance.certificates import Authority
from tests.conformance.server_processes import PATIENCE, until
from tests.conformance.test_server_lifecycle import free_port, start


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.fixture
def files(authority, tmp_path):
    return authority.issue(tmp_path / "tls")


def served_name(address):
    """The name in the certificate that a server shows."""
    host, _, port = address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((host, int(port)), PATIENCE) as raw,
        context.wrap_socket(raw) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    (name,) = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(
        NameOID.COMMON_NAME
    )
    return name.value


def refused(server, login):
    """See that a client is not served."""
    with (
        Client(server.address, login=login, connect_for=0.5) as client,
        pytest.raises(errors.UnavailableError),
    ):
        client.plan("SELECT 1")


def test_a_client_that_trusts_the_authority_runs_a_program(make_server, authority, files):
    server = make_server(tls_certificate=files[0], tls_key=files[1])
    with Client(server.address, login=Login(ca=str(authority.file))) as client:
        assert client.run("SELECT 42 AS x").result().table.rows == [(42,)]


def test_who_trusts_another_authority_does_not_talk_to_it(make_server, files, tmp_path):
    server = make_server(tls_certificate=files[0], tls_key=files[1])

    refused(server, Login(ca=str(Authority(tmp_path / "other").file)))


def test_without_tls_nobody_is_served(make_server, files):
    server = make_server(tls_certificate=files[0], tls_key=files[1])

    refused(server, Login())


def test_a_new_certificate_is_served_and_connections_stay(make_server, authority, files, tmp_path):
    server = make_server(tls_certificate=files[0], tls_key=files[1])
    with Client(server.address, login=Login(ca=str(authority.file))) as client:
        assert client.plan("SELECT 1").statements
        authority.issue(tmp_path / "tls", "renewed")
        until(lambda: served_name(server.address) == "renewed", "the new one is served")
        assert client.plan("SELECT 1").statements


def test_a_new_certificate_that_does_not_fit_its_key_leaves_the_old_one(
    make_server, authority, files, tmp_path
):
    server = make_server(tls_certificate=files[0], tls_key=files[1])
    files[0].write_bytes(authority.issue(tmp_path / "strange")[0].read_bytes())

    assert [served_name(server.address) for _ in range(3)] == ["server"] * 3
    with Client(server.address, login=Login(ca=str(authority.file))) as client:
        assert client.plan("SELECT 1").statements
    assert len(re.findall("the TLS certificate stays as it was", server.log.read_text())) == 1


def test_a_certificate_that_is_gone_leaves_the_old_one(make_server, files):
    server = make_server(tls_certificate=files[0], tls_key=files[1])
    files[0].unlink()

    assert served_name(server.address) == "server"


def test_with_a_client_ca_only_who_shows_a_certificate_is_served(
    make_server, authority, files, tmp_path
):
    server = make_server(tls_certificate=files[0], tls_key=files[1], tls_client_ca=authority.file)
    own = authority.issue(tmp_path / "client", "client")
    login = Login(ca=str(authority.file), certificate=str(own[0]), key=str(own[1]))
    with Client(server.address, login=login) as client:
        assert client.plan("SELECT 1").statements
    refused(server, Login(ca=str(authority.file)))


def test_a_server_does_not_start_without_its_certificate(tmp_path, files):
    files[0].unlink()
    refusal = start(
        SQLFLOW_LISTEN="127.0.0.1:0",
        SQLFLOW_STATE_DIRECTORY=str(tmp_path / "state"),
        SQLFLOW_TLS_CERTIFICATE=str(files[0]),
        SQLFLOW_TLS_KEY=str(files[1]),
    )

    assert refusal.returncode == 1
    assert refusal.stderr.endswith(
        f"sqlflow server: TLS can't be served: {files[0]}: No such file or directory\n"
    )


def test_probes_need_no_tls_at_a_port_of_their_own(make_server, files):
    address = f"127.0.0.1:{free_port()}"
    make_server(tls_certificate=files[0], tls_key=files[1], health_listen=address)
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="sqlflow.v1.SQLFlow")
        answer = stub.Check(request, timeout=PATIENCE)

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
