"""Keys and certificates of a cluster: one authority, and a pair of files for each identity.

They are the cluster's own and die with it. What is there and still right is kept, so that a second
``up`` changes nothing; the rest is made anew.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devcluster import files
from devcluster.node.identities import (
    AUTHORITY,
    IDENTITIES,
    Identity,
    Pair,
    pair,
    service_account_key,
)

if TYPE_CHECKING:
    from pathlib import Path

LIFE: Final = dt.timedelta(days=365)
RENEWED_BEFORE: Final = dt.timedelta(days=30)
CLOCK_SKEW: Final = dt.timedelta(minutes=5)


def ensure(pki: Path) -> None:
    """Make the keys and certificates that are missing, or are not what they should be.

    An authority that is about to expire is made anew, and with it all that it has issued: that
    was issued later, so it can't have expired before.
    """
    pki.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _read(pair(pki, AUTHORITY))
    if authority is None or not _fresh(authority.certificate):
        authority = _make_authority()
        _write(pair(pki, AUTHORITY), authority)
    for identity in IDENTITIES:
        place = pair(pki, identity.file)
        if not _right(_read(place), identity, authority):
            _write(place, _issue(identity, authority))
    if not service_account_key(pki).exists():
        _write_key(service_account_key(pki), ec.generate_private_key(ec.SECP256R1()))


@dataclass(frozen=True, slots=True)
class _Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _read(place: Pair) -> _Issued | None:
    """Return what the two files hold; None if one is missing or they don't belong together."""
    try:
        certificate = x509.load_pem_x509_certificate(place.certificate.read_bytes())
        key = load_pem_private_key(place.key.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    belongs = certificate.public_key() == key.public_key()
    return _Issued(certificate, key) if belongs else None


def _right(issued: _Issued | None, identity: Identity, authority: _Issued) -> bool:
    if issued is None:
        return False
    try:
        issued.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError):
        return False
    return issued.certificate.subject == _subject(identity) and _hosts(
        issued.certificate
    ) == _alternatives(identity)


def _fresh(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc > _now() + RENEWED_BEFORE


def _make_authority() -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sqlflow-devcluster")])
    builder = (
        _builder(name, name, key.public_key(), authority=key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return _Issued(builder.sign(key, SHA256()), key)


def _issue(identity: Identity, authority: _Issued) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if identity.hosts:
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
    builder = (
        _builder(
            _subject(identity),
            authority.certificate.subject,
            key.public_key(),
            authority=authority.key.public_key(),
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    )
    if alternatives := _alternatives(identity):
        builder = builder.add_extension(alternatives, critical=False)
    return _Issued(builder.sign(authority.key, SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    authority: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - CLOCK_SKEW)
        .not_valid_after(_now() + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False
        )
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(identity: Identity) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, identity.user)])


def _alternatives(identity: Identity) -> x509.SubjectAlternativeName | None:
    return x509.SubjectAlternativeName(map(_host, identity.hosts)) if identity.hosts else None


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _write(place: Pair, issued: _Issued) -> None:
    _write_key(place.key, issued.key)
    files.write(place.certificate, issued.certificate.public_bytes(Encoding.PEM), mode=0o644)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    # Kubernetes reads the public half of a key for tokens from this format, not from PKCS #8.
    files.write(
        path, key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
