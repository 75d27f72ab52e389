"""Ways to ask a part whether it is ready; none takes longer than a second."""

import http.client
import json
import socket
from collections.abc import Callable
from functools import partial

from vitrine_local import postgres
from vitrine_local.part import Check
from vitrine_local.settings import HOST

_SECONDS = 1.0


def answers(port: int, path: str = "/readyz") -> Check:
    """An HTTP 200."""
    return partial(_http_ok, port, path)


def tells_healthy(port: int, path: str, name: str) -> Check:
    """An HTTP 200 whose JSON says so of this name."""
    return partial(_tells_healthy, port, path, name)


def listens(port: int) -> Check:
    """A connection."""
    return partial(_connects, port)


def accepts_sessions(port: int) -> Check:
    """PostgreSQL that has recovered."""
    return partial(postgres.is_ready, HOST, port, timeout=_SECONDS)


def _http_ok(port: int, path: str) -> bool:
    return _asked(port, path, lambda _: True)


def _tells_healthy(port: int, path: str, name: str) -> bool:
    return _asked(port, path, lambda answer: json.loads(answer.read())[name]["status"] == "healthy")


def _asked(port: int, path: str, judged: Callable[[http.client.HTTPResponse], bool]) -> bool:
    """What is judged of an HTTP 200; its body is read only where that is asked for."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status == http.HTTPStatus.OK and judged(answer)
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
