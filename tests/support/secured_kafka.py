"""A real broker with a listener for every way to secure Kafka, and one that keeps MSK's tokens."""

import base64
import json
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.listener import Listener
from tests.support.platform import free_ports, local_settings

from vitrine_local import jars
from vitrine_local.kafka import Settings, server_properties
from vitrine_local.platform import LocalPlatform
from vitrine_local.settings import HOST

REAUTHENTICATE_MS = 2000
"""How long the broker trusts a connection before it wants to see a token again."""
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
_LOGIN = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"


@dataclass(frozen=True)
class Certificate:
    """A certificate of 127.0.0.1 that vouches for itself, and its key, in one PEM file."""

    path: Path

    @classmethod
    def create(cls, folder: Path) -> "Certificate":
        """Good for a day."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        plain = serialization.NoEncryption()
        path = folder / "certificate.pem"
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
            + certificate.public_bytes(pem)
        )
        return cls(path)

    @property
    def chain(self) -> str:
        """The certificate alone, as PEM."""
        key, begin, certificate = self.path.read_text().partition("-----BEGIN CERTIFICATE")
        assert key
        return begin + certificate

    @property
    def key(self) -> str:
        """The key alone, as PEM."""
        return self.path.read_text().partition("-----BEGIN CERTIFICATE")[0]


def unsecured_token(*, seconds: float) -> tuple[str, float]:
    """A token that Kafka's own validator for development takes, and when it expires."""
    now = time.time()
    claims = {"sub": "vitrine", "iat": now, "exp": now + seconds}
    return f"{_encode({'alg': 'none'})}.{_encode(claims)}.", now + seconds


def _encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


USERNAME, PASSWORD = "loja", 'a "quoted" password'
LISTENERS = {"msk-iam": "SASL_SSL", "tls": "TLS", "mtls": "MTLS", "sasl-scram": "SCRAM"}
_PROTOCOLS = {"SASL_SSL": "SASL_SSL", "TLS": "SSL", "MTLS": "SSL", "SCRAM": "SASL_SSL"}


@contextmanager
def secured_broker(folder: Path, certificate: Certificate) -> Iterator[dict[str, str]]:
    """The addresses of a real broker, by the kind of security that each demands; that of `msk-iam`
    wants TLS and a token."""
    platform = LocalPlatform(local_settings(folder))
    locked = jars.locked_jars({"kafka"})
    jars.fetch(locked, platform.layout.cache / "jars", lambda _done, _of: None)
    own = {name.lower(): value for name, value in platform.environment("kafka").items()}
    settings = Settings.model_validate({name: own.get(name) for name in Settings.model_fields})
    addresses = {
        kind: f"{HOST}:{port}"
        for kind, port in zip(LISTENERS, free_ports(len(LISTENERS)), strict=True)
    }
    properties = folder / "server.properties"
    properties.write_text(server_properties(settings) + _secured(settings, addresses, certificate))
    java = [str(settings.java_program), "-Xmx256m", f"-Djava.io.tmpdir={folder}"]
    java += ["-cp", f"{settings.jars_dir}/*"]
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id=MkU3OEVBNTcwNTJENDM2Qg"]
    user = f"SCRAM-SHA-512=[name={USERNAME},password={PASSWORD}]"
    command = [*java, *tool, "--config", str(properties), "--add-scram", user]
    subprocess.run(command, check=True, capture_output=True)
    with (folder / "broker.log").open("wb") as log:
        command = [*java, "kafka.Kafka", str(properties)]
        broker = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_open(f"{HOST}:{settings.listen_port}", broker)
        yield addresses
    finally:
        broker.kill()
        broker.wait()


def _secured(settings: Settings, addresses: dict[str, str], certificate: Certificate) -> str:
    plain = f"PLAINTEXT://{HOST}:{settings.listen_port}"
    secured = ",".join(f"{LISTENERS[kind]}://{address}" for kind, address in addresses.items())
    protocols = ",".join(f"{name}:{protocol}" for name, protocol in _PROTOCOLS.items())
    token = f'{_LOGIN} required unsecuredLoginStringClaim_sub="broker";'
    return "\n".join(
        [
            f"listeners={plain},{secured},CONTROLLER://{HOST}:{settings.controller_port}",
            f"advertised.listeners={plain},{secured}",
            f"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{protocols}",
            "listener.name.sasl_ssl.sasl.enabled.mechanisms=OAUTHBEARER",
            f"listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={token}",
            f"listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms={REAUTHENTICATE_MS}",
            "listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512",
            f"listener.name.scram.scram-sha-512.sasl.jaas.config={_SCRAM_LOGIN} required;",
            "listener.name.mtls.ssl.client.auth=required",
            "listener.name.mtls.ssl.truststore.type=PEM",
            f"listener.name.mtls.ssl.truststore.location={certificate.path}",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={certificate.path}",
        ]
    )


def _wait_until_open(servers: str, broker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    while True:
        assert broker.poll() is None, "the broker ended"
        try:
            admin.list_topics(timeout=1)
        except KafkaException:
            assert time.monotonic() < deadline, "the broker does not answer"
        else:
            return


_API_VERSIONS, _SASL_HANDSHAKE, _SASL_AUTHENTICATE = 18, 17, 36
_KNOWN = {3: 4, _SASL_HANDSHAKE: 1, _API_VERSIONS: 3, _SASL_AUTHENTICATE: 1}
"""The newest version of each request that the listener admits to know."""


class TokenListener(Listener):
    """Speaks Kafka's protocol as far as the token of a client, keeps it and hangs up."""

    def __init__(self, certificate: Certificate) -> None:
        self.tokens: list[str] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.path)
        super().__init__()

    def _talk(self, plain: socket.socket) -> None:
        with plain, self._tls.wrap_socket(plain, server_side=True) as client:
            stream = client.makefile("rwb")
            while size := stream.read(4):
                answer = self._answer(stream.read(*struct.unpack(">i", size)))
                if answer is None:
                    return
                stream.write(struct.pack(">i", len(answer)) + answer)
                stream.flush()

    def _answer(self, request: bytes) -> bytes | None:
        kind, version, number, client_id = struct.unpack_from(">hhih", request)
        if kind == _API_VERSIONS:
            return struct.pack(">i", number) + _api_versions(version)
        if kind == _SASL_HANDSHAKE:
            return struct.pack(">ihih", number, 0, 1, 11) + b"OAUTHBEARER"
        if kind == _SASL_AUTHENTICATE:
            message = request[struct.calcsize(">hhih") + client_id + 4 :]
            self.tokens.append(message.split(b"auth=Bearer ")[1].split(b"\x01")[0].decode())
        return None


def _api_versions(version: int) -> bytes:
    if version > _KNOWN[_API_VERSIONS]:
        only = struct.pack(">hhh", _API_VERSIONS, 0, _KNOWN[_API_VERSIONS])
        return struct.pack(">hi", 35, 1) + only  # UNSUPPORTED_VERSION, in the oldest form
    known = b"".join(struct.pack(">hhhB", kind, 0, newest, 0) for kind, newest in _KNOWN.items())
    return struct.pack(">hB", 0, len(_KNOWN) + 1) + known + struct.pack(">iB", 0, 0)
