"""The certificates of a cluster that lives for one test run."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a certificate says one is, and under which names one answers."""

    name: str
    common_name: str
    group: str | None = None
    hosts: tuple[str, ...] = ()

    @property
    def subject(self) -> x509.Name:
        """The name as Kubernetes reads it: the user, and the group as organization."""
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, self.common_name)]
        if self.group:
            parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.group))
        return x509.Name(parts)


def issue(folder: Path, identities: Iterable[Identity]) -> None:
    """Write `ca.crt`, a `.crt` and `.key` per identity, and the service accounts' key pair."""
    folder.mkdir(parents=True)
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = Identity("ca", "kubernetes-ca")
    root = _builder(issuer, issuer, authority).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    _write(folder / "ca.crt", root.sign(authority, hashes.SHA256()).public_bytes(_PEM))
    for identity in identities:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _leaf(identity, issuer, key).sign(authority, hashes.SHA256())
        _write(folder / f"{identity.name}.crt", certificate.public_bytes(_PEM))
        _write(folder / f"{identity.name}.key", _private(key))
    accounts = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write(folder / "sa.key", _private(accounts))
    public = accounts.public_key().public_bytes(
        _PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(folder / "sa.pub", public)


def kubeconfig(folder: Path, name: str, server: str) -> Path:
    """Write `NAME.kubeconfig`, with which that identity reaches the API server."""
    path = folder / f"{name}.kubeconfig"
    authority = str(folder / "ca.crt")
    pair = {"client-certificate": f"{folder}/{name}.crt", "client-key": f"{folder}/{name}.key"}
    cluster = {"server": server, "certificate-authority": authority}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "node", "cluster": cluster}],
        "users": [{"name": name, "user": pair}],
        "contexts": [{"name": name, "context": {"cluster": "node", "user": name}}],
        "current-context": name,
    }
    _write(path, yaml.safe_dump(document).encode())
    return path


_PEM: Final = serialization.Encoding.PEM


def _builder(
    identity: Identity, issuer: Identity, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(identity.subject)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_DAYS))
    )


def _leaf(
    identity: Identity, issuer: Identity, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    builder = _builder(identity, issuer, key).add_extension(
        x509.ExtendedKeyUsage(usages), critical=False
    )
    names = [_general_name(host) for host in identity.hosts]
    if not names:
        return builder
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(_PEM, traditional, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
