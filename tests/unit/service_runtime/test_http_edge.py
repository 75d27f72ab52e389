"""The pieces around an application, before a real server: what stands in the log."""

import json
import logging
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.support.platform import free_ports
from tests.support.waiting import wait_until

from service_runtime.http_edge import http_edge
from service_runtime.http_server import http_options
from service_runtime.logging import JsonFormatter
from service_runtime.settings import HttpSettings

_log = logging.getLogger("application")


async def failing(scope: Scope, _receive: Receive, _send: Send) -> None:
    if scope["type"] == "http":
        _log.warning("asked")
        raise RuntimeError("a bug")


class Lines(logging.Handler):
    """Keeps what would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, object]] = []
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.entries.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines = Lines()
    loggers = [_log, logging.getLogger("uvicorn.error")]
    for logger in loggers:
        logger.addHandler(lines)
    yield lines
    for logger in loggers:
        logger.removeHandler(lines)


@pytest.fixture
def url() -> Iterator[str]:
    [port] = free_ports(1)
    options = http_options(HttpSettings(listen_port=port))
    server = uvicorn.Server(uvicorn.Config(http_edge(failing), lifespan="off", **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, "it serves")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def test_every_log_line_of_a_request_has_its_id(url: str, lines: Lines) -> None:
    for identity in ("first", "second"):
        assert httpx.get(url, headers={"X-Request-ID": identity}).status_code == 500
    told = [(e["logger"], e["request_id"]) for e in lines.entries if e["level"] != "INFO"]
    assert told == [
        (logger, identity)
        for identity in ("first", "second")
        for logger in ("application", "uvicorn.error")
    ]


def test_a_line_of_no_request_has_none(lines: Lines) -> None:
    _log.warning("on its own")
    assert [entry.get("request_id") for entry in lines.entries] == [None]


def test_a_connection_outlives_that_of_a_load_balancer() -> None:
    assert http_options(HttpSettings(listen_port=1))["timeout_keep_alive"] > 60
