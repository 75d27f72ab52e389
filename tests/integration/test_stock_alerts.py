"""stock-alerts as a process, before a real document store, a mail server and a webhook."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pymongo import MongoClient
from pymongo.collection import Collection
from tests.support.hanging_peer import hanging_peer
from tests.support.platform import free_ports, mongo_url, shared_platform
from tests.support.service import Service
from tests.support.waiting import wait_until

from event_contracts.live_figures import STOCK_LOOK_ID
from service_runtime.mongo import Document
from vitrine_local.platform import LocalPlatform

platform = shared_platform("mongo")


class Server:
    """The API, and at `/aviso` a webhook, of which `answers` says how it answers."""

    def __init__(self) -> None:
        self.stock: dict[str, tuple[int, float | None]] = {}
        self.degraded: list[str] = []
        self.answers: list[int] = []
        self.posts: list[tuple[str, dict[str, Any]]] = []

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """Two products at a time, so that every answer of more is of several pages."""
        after, most = query.get("cursor", [""])[0], float(query["dias_ate"][0])
        told = {n: (u, d) for n, (u, d) in self.stock.items() if d is not None and d <= most}
        names = sorted(name for name in told if name > after)
        items = [
            {
                "id_produto": name,
                "nivel_estoque": told[name][0],
                "ritmo_por_hora": 2.5,
                "dias_cobertura": told[name][1],
                "esgota_em": None,
            }
            for name in names[:2]
        ]
        more = names[1] if len(names) > 2 else None
        return {"itens": items, "proximo_cursor": more, "degradado": self.degraded}

    def posted(self, key: str, body: bytes) -> int:
        self.posts.append((key, json.loads(body)))
        return self.answers.pop(0) if self.answers else 204

    def told(self) -> list[tuple[str, str]]:
        """Product and state of every notice that arrived."""
        notices = [notice for _, body in self.posts for notice in body["avisos"]]
        return [(notice["id_produto"], notice["estado"]) for notice in notices]


class Inbox:
    """Takes every message, after those that `refusals` refuses."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        """Of what was sent, whether it was taken or refused."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address == "ninguem@x.example":
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        self.ids.append(message["Message-ID"])
        if self.refusals:
            return self.refusals.pop(0)
        self.texts.append("\n".join([message["Subject"], *message.get_content().splitlines()]))
        return "250 OK"


@contextmanager
def taking_mail(inbox: Inbox, port: int) -> Iterator[None]:
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    yield
    server.stop()


def by_mail(port: int) -> dict[str, str]:
    """The settings that send alerts to a mail server on this port."""
    return {
        "MAIL_TO": "loja@x.example, ninguem@x.example",
        "MAIL_FROM": "vitrine@x.example",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "plaintext",
    }


@contextmanager
def serving(server: Server) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(server.page(parse_qs(urlsplit(self.path).query))).encode()
            self._answer(200, body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(server.posted(self.headers["Idempotency-Key"], body), b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with serving(server) as url:
        yield url


@pytest.fixture
def alerts(
    platform: LocalPlatform, request: pytest.FixtureRequest
) -> Iterator[Collection[Document]]:
    with MongoClient[Document](mongo_url(platform).get_secret_value(), tz_aware=True) as client:
        yield client[request.node.name]["alertas_estoque"]


def start(
    platform: LocalPlatform, url: str, alerts: Collection[Document], tmp_path: Path, **more: str
) -> Service:
    (port,) = free_ports(1)
    environment = {
        "MONGO_URL": mongo_url(platform).get_secret_value(),
        "MONGO_DATABASE": alerts.database.name,
        "ANALYTICS_API_URL": url,
        "HEALTH_PORT": str(port),
        "EVALUATION_SECONDS": "1",
        "WEBHOOK_URL": f"{url}/aviso",
        **more,
    }
    service = Service(
        "stock_alerts.main", environment, url=f"http://127.0.0.1:{port}", log=tmp_path / "log"
    )
    return service.wait_ready()


def looked_at(alerts: Collection[Document]) -> Any:
    look = alerts.database["metricas_tempo_real"].find_one({"_id": STOCK_LOOK_ID})
    return look and look["avaliado_em"]


def by_product(alerts: Collection[Document]) -> dict[str, tuple[str, bool]]:
    return {d["id_produto"]: (d["motivo"], d["fechado_em"] is None) for d in alerts.find()}


def test_an_alert_from_its_beginning_to_its_end(
    platform: LocalPlatform,
    server: Server,
    url: str,
    alerts: Collection[Document],
    tmp_path: Path,
) -> None:
    inbox, (mail_port,) = Inbox(), free_ports(1)
    mail = Controller(inbox, hostname="127.0.0.1", port=mail_port)
    mail.start()
    server.stock |= {f"p{n}": (9, 1.5) for n in range(5)} | {"p9": (9, 2.5)}
    server.answers = [500]
    service = start(platform, url, alerts, tmp_path, **by_mail(mail_port))
    try:
        opened = {f"p{n}": ("acabando", True) for n in range(5)}
        wait_until(lambda: by_product(alerts) == opened, "five alerts are open", seconds=20)
        wait_until(lambda: service.status("/readyz") == 200, "it is ready", seconds=20)
        wait_until(lambda: len(server.posts) >= 2, "the webhook took them", seconds=60)
        keys = {key for key, _ in server.posts}
        assert (len(keys), len(server.posts)) == (1, 2)
        server.stock["p0"] = (0, 0.0)
        server.stock["p1"] = (99, 3.5)
        wait_until(lambda: len(server.posts) >= 3, "what changed is told", seconds=30)
        assert sorted(server.told()[10:]) == [("p0", "esgotado"), ("p1", "encerrado")]
        assert by_product(alerts)["p1"] == ("acabando", False)
        wait_until(lambda: len(inbox.texts) >= 2, "so it is by mail", seconds=30)
        assert len(inbox.texts) == 2, "once, though an address was refused"
        assert inbox.texts[0].startswith("Estoque: 5 avisos\n- p0 está acabando")
        assert "- p0 esgotou\n- p1 não está mais acabando" in inbox.texts[1]
        before = looked_at(alerts)
        wait_until(lambda: looked_at(alerts) > before, "it looks again", seconds=20)
        server.degraded = ["kafka"]
        server.stock = {}
        wait_until(lambda: service.status("/readyz") == 503, "it says so", seconds=20)
        assert by_product(alerts)["p0"] == ("esgotado", True)
        assert service.terminate() == 0
        assert len(server.posts) == 3
    finally:
        service.kill()
        mail.stop()


def is_retried(tmp_path: Path, destination: str) -> bool:
    """Whether the log says that sending to it has failed."""
    return f"send to {destination}" in (tmp_path / "log").read_text("utf-8")


def test_a_mail_server_that_comes_back_is_told_once(
    platform: LocalPlatform,
    server: Server,
    url: str,
    alerts: Collection[Document],
    tmp_path: Path,
) -> None:
    """First nobody listens, then the server has no time for the first message."""
    inbox, (port,) = Inbox(), free_ports(1)
    inbox.refusals = ["451 later"]
    server.stock = {"p1": (3, 0.5)}
    service = start(platform, url, alerts, tmp_path, **by_mail(port))
    try:
        wait_until(lambda: is_retried(tmp_path, "email"), "nobody takes the mail", seconds=30)
        wait_until(lambda: server.told() == [("p1", "acabando")], "the webhook is told", seconds=30)
        with taking_mail(inbox, port):
            wait_until(lambda: inbox.texts, "the mail is taken", seconds=90)
            server.stock["p2"] = (0, 0.0)
            wait_until(lambda: len(inbox.texts) >= 2, "so is the next one", seconds=30)
        first, second = (text.splitlines() for text in inbox.texts)
        assert first == ["Estoque: p1 está acabando", "- p1 está acabando"]
        assert second == ["Estoque: p2 esgotou", "- p2 esgotou"]
        refused, taken, new = inbox.ids
        assert refused == taken != new
    finally:
        service.kill()


@pytest.mark.parametrize("hanging", ["webhook", "email"])
def test_a_destination_that_hangs_delays_nothing_else(
    hanging: str,
    platform: LocalPlatform,
    server: Server,
    url: str,
    alerts: Collection[Document],
    tmp_path: Path,
) -> None:
    """All that matters happens while the first request still waits for an answer."""
    inbox, (mail_port,) = Inbox(), free_ports(1)
    target = mail_port if hanging == "email" else urlsplit(url).port or 0

    def is_other_told() -> bool:
        if hanging == "email":
            return ("p2", "esgotado") in server.told()
        return any("- p2 esgotou" in text for text in inbox.texts)

    with taking_mail(inbox, mail_port), hanging_peer(("127.0.0.1", target)) as peer:
        peer.hang()
        hangs = {
            "webhook": {"WEBHOOK_URL": f"http://127.0.0.1:{peer.port}/aviso"},
            "email": {"SMTP_PORT": str(peer.port)},
        }[hanging]
        server.stock = {"p1": (3, 0.5)}
        service = start(platform, url, alerts, tmp_path, **(by_mail(mail_port) | hangs))
        try:
            wait_until(peer.waiting.is_set, "it waits for an answer", seconds=30)
            server.stock = {"p2": (0, 0.0)}
            changed = {"p1": ("acabando", False), "p2": ("esgotado", True)}
            wait_until(lambda: by_product(alerts) == changed, "alerts open and close", seconds=20)
            wait_until(is_other_told, "the other destination is told", seconds=20)
            assert service.status("/readyz") == service.status("/healthz") == 200
            assert not is_retried(tmp_path, hanging), "it still waits"
            wait_until(lambda: is_retried(tmp_path, hanging), "it gives up", seconds=30)
        finally:
            service.kill()


@pytest.mark.parametrize("destination", ["webhook", "email"])
def test_a_process_that_dies_goes_on_where_it_was(
    destination: str,
    platform: LocalPlatform,
    server: Server,
    url: str,
    alerts: Collection[Document],
    tmp_path: Path,
) -> None:
    """Killed after a notice was sent and before that is written down: the same one comes again,
    under the same key, and no alert opens twice."""
    inbox, (mail_port,) = Inbox(), free_ports(1)

    def keys() -> list[str]:
        return inbox.ids if destination == "email" else [key for key, _ in server.posts]

    server.stock = {"p1": (3, 0.5)}
    (tmp_path / f"after_{destination}.armed").touch()
    told = by_mail(mail_port)
    with taking_mail(inbox, mail_port):
        first = start(platform, url, alerts, tmp_path, FAILPOINTS_DIR=str(tmp_path), **told)
        reached = tmp_path / f"after_{destination}.reached"
        wait_until(reached.exists, "the notice is sent", seconds=30)
        first.kill()
        second = start(platform, url, alerts, tmp_path, **told)
        try:
            wait_until(lambda: len(keys()) >= 2, "it is sent again", seconds=30)
            wait_until(
                lambda: destination in (alerts.find_one() or {}).get("avisos", {}),
                "and written down",
                seconds=20,
            )
            assert len(set(keys())) == 1
            assert alerts.count_documents({}) == 1
        finally:
            second.kill()
