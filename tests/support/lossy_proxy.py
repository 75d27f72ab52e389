"""A proxy between a client and a service, that may lose an answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import httpx

_OF_ONE_HOP = {"connection", "content-length", "host", "transfer-encoding"}
_BAD_GATEWAY = 502


class LossyProxy(ThreadingHTTPServer):
    """`lose` is asked of every answer to a POST, until it says of one that it must not reach the
    client. POSTs go one after another, so that it is asked before the next one is made.

    A service that is not there is a 502, as of any proxy.
    """

    def __init__(self, target: str, lose: Callable[[], bool]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.statuses: list[int] = []
        """Of the answers to POSTs that reached the client."""
        self.one_at_a_time = Lock()
        self._lose = lose
        self._lost = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def loses(self) -> bool:
        """Whether the answer that is at hand is the one that gets lost."""
        if self._lost:
            return False
        self._lost = self._lose()
        return self._lost


class _Handler(BaseHTTPRequestHandler):
    server: LossyProxy

    def do_POST(self) -> None:
        with self.server.one_at_a_time:
            answer = self._forward()
            if self.server.loses():
                self.close_connection = True
                return
            self._answer(answer)
            self.server.statuses.append(answer.status_code)

    def do_OPTIONS(self) -> None:
        self._answer(self._forward())

    def log_message(self, *_: object) -> None:
        pass

    def _forward(self) -> httpx.Response:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _OF_ONE_HOP}
        url = self.server.target + self.path
        try:
            return httpx.request(self.command, url, content=body, headers=headers, timeout=30)
        except httpx.TransportError:
            return httpx.Response(_BAD_GATEWAY)

    def _answer(self, answer: httpx.Response) -> None:
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_ONE_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)


@contextmanager
def lossy_proxy(target: str, lose: Callable[[], bool] = lambda: False) -> Iterator[LossyProxy]:
    """Runs while it is used."""
    with LossyProxy(target, lose) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
