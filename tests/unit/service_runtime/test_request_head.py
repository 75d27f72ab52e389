"""What a connection may send before its request's head is whole, at a real server."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.support.platform import free_ports
from tests.support.waiting import wait_until

from service_runtime import request_head
from service_runtime.http_server import http_options
from service_runtime.request_head import MAX_HEAD_BYTES
from service_runtime.settings import HttpSettings

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"


async def measuring(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answers how long the body is."""
    count, more = 0, True
    while more:
        message = await receive()
        count, more = count + len(message["body"]), message["more_body"]
    body = b"%d" % count
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """To a server that waits a second for a head."""
    monkeypatch.setattr(request_head, "HEAD_SECONDS", 1.0)
    [port] = free_ports(1)
    options = http_options(HttpSettings(listen_port=port))
    server = uvicorn.Server(uvicorn.Config(measuring, lifespan="off", **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, "it serves")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection
    server.should_exit = True
    thread.join()


def answer(connection: socket.socket) -> bytes:
    """Up to the end of the connection, or what is read at once."""
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


def ends(connection: socket.socket) -> bool:
    """Whether the server closes it."""
    return answer(connection) == b""


def test_a_head_without_end_is_refused(connection: socket.socket) -> None:
    # Not a byte more than it takes, since what is left unread would reset the connection.
    connection.sendall(HEAD + b"X-Endless: ")
    connection.sendall(b"a" * MAX_HEAD_BYTES)
    assert answer(connection).startswith(b"HTTP/1.1 431 ")
    assert ends(connection)


def test_fields_without_end_are_refused(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for number in range(2 * MAX_HEAD_BYTES // 1024):
        try:
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1024))
        except (BrokenPipeError, ConnectionResetError):
            break
    answer(connection)
    assert ends(connection)


@pytest.mark.parametrize("pieces", [[], [b"P"], [HEAD], [HEAD, b"X-Slow: 1"]])
def test_a_connection_that_sends_no_whole_head_is_closed(
    connection: socket.socket, pieces: list[bytes]
) -> None:
    for piece in pieces:
        connection.sendall(piece)
    assert ends(connection)


def test_the_second_request_has_a_deadline_of_its_own(connection: socket.socket) -> None:
    connection.sendall(HEAD + LENGTH % 0)
    assert answer(connection).endswith(b"0")
    connection.sendall(b"P")
    assert ends(connection)


def test_a_long_head_and_a_longer_body_are_taken(connection: socket.socket) -> None:
    long = HEAD + b"X-Long: %s\r\n" % (b"a" * (MAX_HEAD_BYTES - 1024))
    body = b"b" * (8 * MAX_HEAD_BYTES)
    for _ in range(2):
        connection.sendall(long + LENGTH % len(body) + body)
        assert answer(connection).endswith(b"%d" % len(body))


def test_what_is_sent_at_once_is_no_long_head(connection: socket.socket) -> None:
    body = b"b" * (4 * MAX_HEAD_BYTES)
    request = HEAD + LENGTH % len(body) + body
    connection.sendall(3 * request + HEAD)
    connection.sendall(LENGTH % 0)
    found = b""
    while found.count(b"HTTP/1.1 200") < 4:
        found += connection.recv(65_536)
    assert b" 431 " not in found
