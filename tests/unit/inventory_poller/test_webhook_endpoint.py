import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from inventory_poller import webhook_endpoint
from inventory_poller.adapters.shopify import ShopifySource
from inventory_poller.hints import MOST_WAITING, Hints
from inventory_poller.metrics import Metrics, WebhookOutcome
from inventory_poller.webhook_endpoint import MAX_BODY_BYTES, Receiver, create_app

SECRET = b"s3cr3t"
SOURCE = ShopifySource.model_validate(
    {
        "id": "loja/sul",
        "api": "shopify",
        "url": "https://loja.myshopify.com",
        "location_names": {"11": "cd-sul"},
    }
)
PATH = "/atualizacoes_estoque/loja%2Fsul"
EVENT = msgspec.json.encode({"inventory_item_id": 42, "location_id": 11, "available": 6})
ACCEPTED, IGNORED = WebhookOutcome.ACCEPTED, WebhookOutcome.IGNORED
REFUSED, DROPPED = WebhookOutcome.REFUSED, WebhookOutcome.DROPPED


class CountingMetrics(Metrics):
    def __init__(self) -> None:
        super().__init__()
        self.outcomes: Counter[tuple[str, WebhookOutcome]] = Counter()

    def webhook(self, source: str, outcome: WebhookOutcome) -> None:
        super().webhook(source, outcome)
        self.outcomes[source, outcome] += 1


class Door:
    def __init__(self) -> None:
        webhook = SOURCE.webhook()
        assert webhook is not None
        self.hints = Hints(most_at_once=MOST_WAITING, clock=lambda: 0.0)
        self.metrics = CountingMetrics()
        self.receiver = Receiver(webhook, SECRET, self.hints)
        self.app = create_app({SOURCE.id: self.receiver}, self.metrics)
        self._client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)

    def post(self, body: bytes, path: str = PATH, **headers: str) -> httpx.Response:
        signed = base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()
        given = {"X-Shopify-Hmac-SHA256": signed, **headers}
        return self._client.request("POST", path, content=body, headers=given)

    def request(self, method: str, path: str) -> httpx.Response:
        return self._client.request(method, path)

    @property
    def counted(self) -> dict[WebhookOutcome, int]:
        assert {source for source, _ in self.metrics.outcomes} <= {SOURCE.id}
        return {outcome: n for (_, outcome), n in self.metrics.outcomes.items()}


@pytest.fixture
def door() -> Door:
    return Door()


def test_a_hint_is_taken(door: Door) -> None:
    answer = door.post(EVENT)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (door.hints.take(), door.counted) == ([42], {ACCEPTED: 1})


def test_a_repeat_is_taken_and_waits_once(door: Door) -> None:
    assert [door.post(EVENT).status_code for _ in range(3)] == [202] * 3
    assert (door.hints.take(), door.counted) == ([42], {ACCEPTED: 3})


def test_an_event_that_names_no_product_is_ignored(door: Door) -> None:
    answer = door.post(b'{"id":7,"title":"IPod"}')
    assert (answer.status_code, answer.content) == (200, b"")
    assert (door.hints.take(), door.counted) == ([], {IGNORED: 1})


def test_without_room_a_hint_is_left_to_the_round(door: Door) -> None:
    door.hints.add(range(100, 100 + MOST_WAITING))
    assert door.post(EVENT).status_code == 202
    assert 42 not in door.hints.take()
    assert door.counted == {DROPPED: 1}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(EVENT, {"X-Shopify-Hmac-SHA256": "x"}, 401, id="a wrong signature"),
        pytest.param(EVENT, {"X-Shopify-Hmac-SHA256": ""}, 401, id="no signature"),
        pytest.param(b"<html>", {}, 400, id="no JSON"),
        pytest.param(b"[]", {}, 400, id="another shape"),
        pytest.param(b"", {}, 400, id="no body"),
        pytest.param(b" " * (MAX_BODY_BYTES + 1), {}, 413, id="too large"),
        pytest.param(EVENT, {"Content-Length": str(2**40)}, 413, id="said to be too large"),
    ],
)
def test_what_is_refused(body: bytes, headers: dict[str, str], status: int, door: Door) -> None:
    answer = door.post(body, **headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert (door.hints.take(), door.counted) == ([], {REFUSED: 1})


def test_the_largest_body_is_read(door: Door) -> None:
    assert door.post(EVENT + b" " * (MAX_BODY_BYTES - len(EVENT))).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", PATH, 405, id="no POST"),
        pytest.param("PUT", PATH, 405, id="another method"),
        pytest.param("POST", "/atualizacoes_estoque/outra", 404, id="no such source"),
        pytest.param("POST", "/atualizacoes_estoque/", 404, id="no source"),
        pytest.param("POST", "/atualizacoes_estoque", 404, id="event-producer's own"),
        pytest.param("POST", "/estoque", 404, id="another path"),
    ],
)
def test_what_is_not_there(method: str, path: str, status: int, door: Door) -> None:
    answer = door.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert door.counted == {}, "a name that anybody may invent is no attribute of a metric"


async def _called(door: Door, messages: AsyncIterator[Message]) -> list[Message]:
    """What is sent for a POST whose body comes in these messages."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/atualizacoes_estoque/loja/sul",
        "headers": [],
        "query_string": b"",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await door.app(scope, receive, send)
    return sent


async def test_a_body_that_never_ends_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_endpoint, "BODY_SECONDS", 0.01)

    async def messages() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()

    sent = await _called(door, messages())
    assert (sent[0]["status"], door.counted) == (408, {REFUSED: 1})


async def test_a_body_of_no_known_length_is_read_up_to_the_limit(door: Door) -> None:
    read = 0

    async def messages() -> AsyncIterator[Message]:
        nonlocal read
        while True:
            read += 1
            yield {"type": "http.request", "body": b" " * 2**16, "more_body": True}

    sent = await _called(door, messages())
    assert (sent[0]["status"], read) == (413, MAX_BODY_BYTES // 2**16 + 1)
    assert door.counted == {REFUSED: 1}


async def test_a_body_that_is_broken_off_is_refused(door: Door) -> None:
    async def messages() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        yield {"type": "http.disconnect"}

    sent = await _called(door, messages())
    assert (sent[0]["status"], door.counted) == (400, {REFUSED: 1})


def test_a_secret_is_not_shown(door: Door) -> None:
    assert "s3cr3t" not in repr(door.receiver)
