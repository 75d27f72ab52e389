"""Pages of a shop for a browser, and a proxy before event-producer that fails as it is told."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

EMPTY = "<!doctype html><title>loja</title>"
_PASSED_ON = ("Content-Type", "Origin")
Events = list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server that answers by this handler."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def pages(by_path: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server of these pages; every other path has an empty one."""

    class Page(_Handler):
        def do_GET(self) -> None:
            text = (by_path or {}).get(self.path, EMPTY)
            self.answer(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})

    with serving(Page) as url:
        yield url


class FailingProxy:
    """Answers a POST with the next of `statuses` and with `headers`, and hands it on once there is
    none."""

    def __init__(self, target: str) -> None:
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.requests: list[Events] = []
        self.sizes: list[int] = []
        self.moments: list[float] = []
        self.url = ""
        self._target = target

    @contextmanager
    def running(self) -> Iterator["FailingProxy"]:
        proxy = self

        class Handler(_Handler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in _PASSED_ON}
                self.answer(*proxy.post(self.path, body, headers))

        with serving(Handler) as self.url:
            yield self

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """What to answer; a page may read it."""
        self.requests.append(json.loads(body))
        self.sizes.append(len(body))
        self.moments.append(time.monotonic())
        names = ", ".join(self.headers)
        cors = {
            "Access-Control-Allow-Origin": headers["Origin"],
            "Access-Control-Expose-Headers": names,
        }
        if self.statuses:
            return self.statuses.pop(0), b"{}", cors | self.headers
        answer = httpx.post(self._target + path, content=body, headers=headers, timeout=30)
        return answer.status_code, answer.content, cors
