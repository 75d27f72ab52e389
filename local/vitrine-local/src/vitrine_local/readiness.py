"""Ways to ask a part whether it is ready; none takes longer than a second."""

import http.client
import socket
from functools import partial

from vitrine_local import postgres
from vitrine_local.part import Check
from vitrine_local.settings import HOST

_SECONDS = 1.0


def answers(port: int, path: str = "/readyz") -> Check:
    """An HTTP 200."""
    return partial(_http_ok, port, path)


def listens(port: int) -> Check:
    """A connection."""
    return partial(_connects, port)


def accepts_sessions(port: int) -> Check:
    """PostgreSQL that has recovered."""
    return partial(postgres.is_ready, HOST, port, timeout=_SECONDS)


def _http_ok(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connects(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), _SECONDS):
            return True
    except OSError:
        return False
