"""HTTP requests over connections that stay open, and readers of a stream that never read it."""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

import httptools
import httpx
import uvloop

HOST = "127.0.0.1"
_READER_BUFFER = 4096


@dataclass(slots=True)
class Answers:
    """How long each answer took, in seconds, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


def post(path: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, accept: str = "*/*") -> bytes:
    """A request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: {accept}\r\n\r\n".encode()


def drive(port: int, requests: Iterable[bytes], *, connections: int, every: float = 0.0) -> Answers:
    """Send every request once; each connection sends its next one when its last is answered, or
    one each `every` seconds, timed from when it was due. Raises OSError where a connection fails
    or ends early."""
    return uvloop.run(_drive(port, iter(requests), connections, every))


async def _drive(port: int, requests: Iterator[bytes], connections: int, every: float) -> Answers:
    answers = Answers()
    loop = asyncio.get_running_loop()
    clients = [_Client(requests, answers, every) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, port)  # type: ignore[misc]
    await asyncio.gather(*(client.done for client in clients))
    return answers


class _Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, every: float) -> None:
        self._requests = requests
        self._answers = answers
        self._every = every
        self._due_at = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)
        self._due_at = perf_counter()
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._answers.seconds.append(perf_counter() - self._begun)
        self._answers.statuses[status] = self._answers.statuses.get(status, 0) + 1
        wait = self._due_at - perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server hung up"))

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._begun = min(perf_counter(), self._due_at) if self._every else perf_counter()
        self._due_at += self._every
        self._transport.write(request)


def answers(port: int) -> bool:
    """Whether a server answers at all."""
    try:
        return httpx.get(f"http://{HOST}:{port}/").status_code > 0
    except httpx.TransportError:
        return False


@contextmanager
def hanging_readers(port: int, path: str, count: int) -> Iterator[None]:
    """So many connections that ask for a stream and never read it, once all of it has begun."""
    connections = [_reader(port, path) for _ in range(count)]
    try:
        for connection in connections:
            assert connection.recv(1) == b"H"
        yield
    finally:
        for connection in connections:
            connection.close()


def _reader(port: int, path: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _READER_BUFFER)
    connection.settimeout(20)
    connection.connect((HOST, port))
    connection.sendall(get(path))
    return connection
