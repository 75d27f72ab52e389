"""The load generator: keep-alive connections that ask the same again and again, and readers of a
stream that never read."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

_READER_BUFFER = 4096


class _Asker(asyncio.Protocol):
    """Sends the next request when the answer before is whole; answers are all as long."""

    def __init__(self, request: bytes, length: int, requests: int, every: float) -> None:
        self._request = request
        self._length = length
        self._left = requests
        self._every = every
        self._received = 0
        self._asked_at = 0.0
        self.seconds: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._due_at = perf_counter()
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received < self._length:
            return
        assert self._received == self._length, "an answer of another length"
        self.seconds.append(perf_counter() - self._asked_at)
        self._received = 0
        self._left -= 1
        if self._left:
            self._ask_when_due()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed by the server"))

    def _ask_when_due(self) -> None:
        wait = self._due_at - perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        # What waits since a moment is as late as that, not only since it could be sent.
        self._asked_at = min(perf_counter(), self._due_at) if self._every else perf_counter()
        self._due_at += self._every
        self._transport.write(self._request)


async def _ask_all(
    port: int, path: str, connections: int, requests: int, every: float
) -> list[float]:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n".encode()
    length = _length(port, request)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: _Asker(request, length, requests, every), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(asker.done for _, asker in made))
    return [seconds for _, asker in made for seconds in asker.seconds]


def _length(port: int, request: bytes) -> int:
    """Of a whole answer, headers included."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65_536)
        head, _, body = received.partition(b"\r\n\r\n")
        named = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        expected = int(named[b"content-length"])
        while len(body) < expected:
            body += connection.recv(65_536)
        return len(head) + 4 + len(body)


def ask(
    port: int, path: str, *, connections: int, requests: int, every: float = 0.0
) -> list[float]:
    """Seconds of each answer; so many requests on each connection, one after the other, or one
    each `every` seconds, from when it was due."""
    return asyncio.run(_ask_all(port, path, connections, requests, every))


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
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection
