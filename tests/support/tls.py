"""Listeners that speak TLS: one keeps who trusted it, one passes on what it hears."""

import select
import socket
import ssl
from typing import Final

from tests.support.listener import Listener
from tests.support.secured_kafka import Certificate

from vitrine_local.settings import HOST

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


class TlsProxy(Listener):
    """Takes TLS, and nothing else, for a server of PostgreSQL's protocol that has none.

    `served` counts the clients that trusted it.
    """

    def __init__(self, certificate: Certificate, port: int) -> None:
        self.served = 0
        self._port = port
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.path)
        super().__init__()

    def _talk(self, plain: socket.socket) -> None:
        try:
            with plain, socket.create_connection((HOST, self._port)) as server:
                if plain.recv(8) != _POSTGRES_ASKS:
                    return
                plain.sendall(b"S")
                with self._tls.wrap_socket(plain, server_side=True) as client:
                    self._pass_on(client, server)
        except OSError:
            return

    def _pass_on(self, client: ssl.SSLSocket, server: socket.socket) -> None:
        self.served += 1
        others: dict[socket.socket, socket.socket] = {client: server, server: client}
        while True:
            ready = [client] if client.pending() else select.select(others, [], [])[0]
            for source in ready:
                heard = source.recv(65536)
                if not heard:
                    return
                others[source].sendall(heard)


def _name(client: ssl.SSLSocket) -> str | None:
    certificate = client.getpeercert()
    if not certificate:
        return None
    names = {key: value for part in certificate["subject"] for key, value in part}
    return str(names["commonName"])
