"""Keys and certificates: what they say, and when they are made anew."""

from __future__ import annotations

import datetime as dt
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devcluster.node import certificates, identities

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    certificates.ensure(tmp_path / "pki")
    return tmp_path / "pki"


def contents(pki: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in pki.iterdir()}


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before | after if before.get(name) != after.get(name)}


def load(pki: Path, file: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((pki / f"{file}.crt").read_bytes())


def names(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(kind)]


def uses(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


@pytest.mark.parametrize(
    ("file", "user", "groups"),
    [
        ("admin", "kubernetes-admin", ["system:masters"]),
        ("apiserver-kubelet-client", "kube-apiserver-kubelet", ["system:masters"]),
        ("kubelet", "system:node:devcluster", ["system:nodes"]),
        ("kube-controller-manager", "system:kube-controller-manager", []),
        ("kube-scheduler", "system:kube-scheduler", []),
        ("kube-proxy", "system:kube-proxy", []),
    ],
)
def test_client_is_the_user_and_the_groups_that_kubernetes_knows(pki, file, user, groups):
    certificate = load(pki, file)

    assert names(certificate, NameOID.COMMON_NAME) == [user]
    assert names(certificate, NameOID.ORGANIZATION_NAME) == groups
    assert CLIENT in uses(certificate)


def test_api_server_is_known_by_every_name_that_clients_use(pki):
    certificate = load(pki, "apiserver")

    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
    ]
    assert [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "10.96.0.1",
        "10.88.0.1",
    ]
    assert SERVER in uses(certificate)


def test_mere_client_can_not_serve(pki):
    assert uses(load(pki, "admin")) == [CLIENT]


def test_openssl_accepts_a_server_and_a_client_of_the_same_authority(pki):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki / "ca.crt")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    client = ssl.create_default_context(cafile=pki / "ca.crt")
    # What newer versions of Python ask for by default.
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]

    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue

    peer = ends[1].getpeercert() or {}
    assert peer["subject"] == (
        (("organizationName", "system:masters"),),
        (("commonName", "kubernetes-admin"),),
    )


def test_keys_are_for_their_owner_alone(pki):
    modes = {file.name: file.stat().st_mode & 0o777 for file in pki.glob("*.key")}

    assert set(modes.values()) == {0o600}
    assert pki.stat().st_mode & 0o777 == 0o700
    assert "service-account.key" in modes


def test_what_is_right_is_kept(pki):
    before = contents(pki)

    certificates.ensure(pki)

    assert changed(before, contents(pki)) == set()


def test_certificate_that_does_not_belong_to_its_key_is_made_anew(pki):
    # As after a kill between the writing of the two files.
    (pki / "admin.key").write_bytes((pki / "kubelet.key").read_bytes())
    before = contents(pki)

    certificates.ensure(pki)

    assert changed(before, contents(pki)) == {"admin.crt", "admin.key"}


def test_new_authority_issues_everything_anew_but_the_key_for_tokens(pki):
    before = contents(pki)
    (pki / "ca.crt").unlink()

    certificates.ensure(pki)

    kept = {name for name in before if name not in changed(before, contents(pki))}
    assert kept == {"service-account.key"}


def test_certificate_with_other_hosts_than_it_should_have_is_made_anew(pki, monkeypatch):
    before = contents(pki)
    there, *others = identities.IDENTITIES
    monkeypatch.setattr(
        certificates,
        "IDENTITIES",
        (
            identities.Identity(
                file=there.file, user=there.user, hosts=(*there.hosts, "10.88.0.2")
            ),
            *others,
        ),
    )

    certificates.ensure(pki)

    assert changed(before, contents(pki)) == {"apiserver.crt", "apiserver.key"}


def test_certificates_are_made_anew_a_month_before_they_expire(pki, monkeypatch):
    before = contents(pki)
    late = dt.datetime.now(dt.UTC) + dt.timedelta(days=336)
    monkeypatch.setattr(certificates, "_now", lambda: late)

    certificates.ensure(pki)

    assert {"ca.crt", "admin.crt", "kubelet.crt"} <= changed(before, contents(pki))
