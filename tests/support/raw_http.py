"""What stands on the wire, for what an HTTP client would hide or not send."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    """Status, headers in lower case, and all bytes after them."""

    status: int
    headers: dict[str, str]
    rest: bytes


def connect(url: str, *, timeout: float = 20) -> socket.socket:
    """A connection to the server of the URL."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout)


def ask(url: str, request: str, *, until: bytes | None = None) -> RawAnswer:
    """Send one request and read until the server closes, or `until` has come."""
    with connect(url) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        received = b""
        while (until is None or until not in received) and (more := connection.recv(65_536)):
            received += more
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return RawAnswer(int(first.split()[1]), {n.lower(): v.strip() for n, _, v in pairs}, rest)
