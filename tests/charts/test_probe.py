"""The script of `helm test` before services that fail, or that say what they must not say."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import pytest
from tests.support.platform import REPOSITORY, free_ports

SCRIPT: Final = (REPOSITORY / "charts/vitrine/files/probe.py").read_text()
BOUGHT: Final = {"id_pedido", "quantidade", "preco"}


class Services(ThreadingHTTPServer):
    """event-producer and analytics-api at once. Each path fails as `failures` says, first thing
    first: by a status, or by None, which ends the connection without an answer."""

    def __init__(self, failures: dict[str, list[int | None]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.failures = failures
        self.events: dict[str, dict[str, Any]] = {}
        self.posts = 0
        self.sold: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Services

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._fails():
            return
        self.server.posts += 1
        self.server.events[event["id_evento"]] = event
        self._answer(202, {"aceitos": 1})

    def do_GET(self) -> None:
        if self._fails():
            return
        path = self.path.partition("?")[0]
        probes = [{"id_evento": name, "segundos": 1.5} for name in self.server.events]
        items = [{"id_produto": "p"}] if path in self.server.sold else []
        self._answer(200, {"sondas": probes, "itens": items})

    def log_message(self, *_: object) -> None:
        pass

    def _fails(self) -> bool:
        failures = self.server.failures.get(self.path.partition("?")[0])
        if not failures:
            return False
        status = failures.pop(0)
        if status is not None:
            self._answer(status, {"title": "no"})
        return True

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def services() -> Iterator[Services]:
    with Services({}) as running:
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def helm_test(url: str, *, patience: str = "20") -> "subprocess.CompletedProcess[str]":
    assert "PATIENCE_SECONDS = 120" in SCRIPT
    return subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT.replace("PATIENCE_SECONDS = 120", f"PATIENCE_SECONDS = {patience}"),
        ],
        env=os.environ | {"EVENT_PRODUCER_URL": url, "API_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_service_that_fails_for_a_moment_is_asked_again(services: Services) -> None:
    services.failures = {
        "/eventos": [503, None],
        "/pipeline/sondas": [None, 502],
        "/vendas/resumo": [500],
    }
    done = helm_test(services.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert (services.posts, len(services.events)) == (3, 2)
    assert all(services.events[name].keys() >= BOUGHT for name in services.events)
    assert not any(services.failures.values())


def test_it_ends_with_the_last_reason(services: Services) -> None:
    services.failures = {"/pipeline/sondas": [503] * 100}
    done = helm_test(services.url, patience="0.6")
    assert done.returncode == 1
    assert (
        done.stderr == f"after 0.6 s: GET {services.url}/pipeline/sondas: 503 Service Unavailable\n"
    )


def test_nobody_listens() -> None:
    done = helm_test(f"http://127.0.0.1:{free_ports(1)[0]}", patience="0.3")
    assert done.returncode == 1
    assert "POST http://127.0.0.1" in done.stderr
    assert "Connection refused" in done.stderr


def test_a_refusal_is_not_asked_again(services: Services) -> None:
    services.failures = {"/eventos": [422, 422]}
    done = helm_test(services.url)
    assert done.returncode == 1
    assert done.stderr == f'POST {services.url}/eventos: 422 {{"title": "no"}}\n'
    assert services.failures == {"/eventos": [422]}


@pytest.mark.parametrize("path", ["/vendas/resumo", "/produtos/mais_vendidos"])
def test_a_probe_that_was_sold_is_found(services: Services, path: str) -> None:
    services.sold = [path]
    done = helm_test(services.url)
    assert done.returncode == 1
    assert done.stderr == f"a probe was sold, says {path}: [{{'id_produto': 'p'}}]\n"
