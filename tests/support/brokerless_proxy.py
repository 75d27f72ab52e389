"""A proxy in front of a broker that can tell clients that their cluster has no brokers."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, create_connection, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import BinaryIO

from tests.support.waiting import wait_until

_HOST = "127.0.0.1"
_METADATA = 3
_LEADER_NOT_AVAILABLE = 5
_UNKNOWN_RIGHTS = struct.pack(">i", -(2**31))
_TOPICS = 100_000


class BrokerlessProxy(ThreadingTCPServer):
    """Gives its own address for the broker's, so that clients stay with it."""

    daemon_threads = True

    def __init__(self, servers: str, topic: str) -> None:
        super().__init__((_HOST, 0), _Connection)
        self.broker = _HOST, int(servers.split(":")[1])
        self.address = f"{_HOST}:{self.server_address[1]}"
        self._topic = topic.encode()
        self._brokerless, self._answered = Event(), Event()

    @contextmanager
    def without_brokers(self) -> Iterator[None]:
        """Meanwhile it answers metadata requests as a broker does that is shutting down. Ends when
        one was made."""
        self._answered.clear()
        self._brokerless.set()
        try:
            yield
            wait_until(self._answered.is_set, "a client asks for metadata")
        finally:
            self._brokerless.clear()

    def answer_to(self, request: bytes) -> bytes | None:
        """The proxy's own answer; None where the broker has to answer."""
        kind, version, number = struct.unpack_from(">hhi", request)
        if kind != _METADATA or not self._brokerless.is_set():
            return None
        self._answered.set()
        return _no_brokers(self._topic, version, number)

    def through_here(self, answer: bytes) -> bytes:
        """The broker's answer with the proxy's address in it."""
        host = _HOST.encode()
        port, own = (struct.pack(">i", n) for n in (self.broker[1], self.server_address[1]))
        return answer.replace(host + port, host + own)


class _Connection(BaseRequestHandler):
    server: BrokerlessProxy
    request: socket

    def handle(self) -> None:
        self._writing = Lock()
        with create_connection(self.server.broker) as broker, suppress(OSError, struct.error):
            Thread(target=self._answer, args=(broker,), daemon=True).start()
            requests = self.request.makefile("rb")
            while True:
                request = _frame(requests)
                answer = self.server.answer_to(request)
                if answer is None:
                    broker.sendall(struct.pack(">i", len(request)) + request)
                else:
                    self._write(answer)
                    self.request.shutdown(SHUT_RDWR)
                    return

    def _answer(self, broker: socket) -> None:
        answers = broker.makefile("rb")
        with suppress(OSError, struct.error):
            while True:
                self._write(self.server.through_here(_frame(answers)))

    def _write(self, answer: bytes) -> None:
        with self._writing:
            self.request.sendall(struct.pack(">i", len(answer)) + answer)


def _frame(stream: BinaryIO) -> bytes:
    (size,) = struct.unpack(">i", stream.read(4))
    return stream.read(size)


def _no_brokers(topic: bytes, version: int, number: int) -> bytes:
    """A Metadata response of the versions that have tagged fields.

    It names so many topics that the client sees the end of the connection while it still reads it.
    librdkafka 2.16.0 then always is as unlucky as it sometimes is with one topic.
    """
    assert 9 <= version <= 13
    names = [topic, *(b"t%d" % n for n in range(_TOPICS))]
    topics = _varint(len(names) + 1) + b"".join(_unavailable(name, version) for name in names)
    throttle, brokers, cluster, controller = bytes(4), b"\1", b"\0", struct.pack(">i", -1)
    head = struct.pack(">ix", number) + throttle + brokers + cluster + controller
    rights = _UNKNOWN_RIGHTS if version <= 10 else b""
    error = bytes(2) if version >= 13 else b""
    return head + topics + rights + error + b"\0"


def _unavailable(name: bytes, version: int) -> bytes:
    """A topic without leaders."""
    named = struct.pack(">h", _LEADER_NOT_AVAILABLE) + _varint(len(name) + 1) + name
    identity = bytes(16) if version >= 10 else b""
    is_internal, partitions = b"\0", b"\1"
    return named + identity + is_internal + partitions + _UNKNOWN_RIGHTS + b"\0"


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


@contextmanager
def brokerless_proxy(servers: str, topic: str) -> Iterator[BrokerlessProxy]:
    """Runs while it is used; `topic` is one that clients ask for."""
    with BrokerlessProxy(servers, topic) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
