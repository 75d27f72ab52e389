"""A listener that speaks TLS and keeps who trusted it."""

import socket
import ssl
from typing import Final

from tests.support.listener import Listener
from tests.support.secured_kafka import Certificate

_POSTGRES_ASKS: Final = bytes.fromhex("0000000804d2162f")
"""Whether the server speaks TLS, in the clear; Redshift's clients ask so too."""
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class TlsListener(Listener):
    """Answers 200 to whatever comes, which ends a client of another protocol.

    `heard` has the name in the certificate of each client that said something, or None where it
    showed none. Who does not trust the listener says nothing; curl ends the handshake all the same.
    """

    def __init__(self, certificate: Certificate, *, demands_certificate: bool = False) -> None:
        self.heard: list[str | None] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.path)
        if demands_certificate:
            self._tls.verify_mode = ssl.CERT_REQUIRED
            self._tls.load_verify_locations(certificate.path)
        super().__init__()

    def _talk(self, plain: socket.socket) -> None:
        try:
            with plain:
                plain.settimeout(10)
                if plain.recv(8, socket.MSG_PEEK) == _POSTGRES_ASKS:
                    plain.recv(8)
                    plain.sendall(b"S")
                with self._tls.wrap_socket(plain, server_side=True) as client:
                    if client.recv(65536):
                        self.heard.append(_name(client))
                        client.sendall(_ANSWER)
        except OSError:
            return


def _name(client: ssl.SSLSocket) -> str | None:
    certificate = client.getpeercert()
    if not certificate:
        return None
    names = {key: value for part in certificate["subject"] for key, value in part}
    return str(names["commonName"])
