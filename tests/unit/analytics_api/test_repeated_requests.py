"""What is answered in front of FastAPI is what FastAPI would answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send
from tests.support.analytics import NOW, TODAY, filled_memory, nothing_lost
from tests.support.waiting import wait_until

from analytics_api.answers import EncodedAnswer
from analytics_api.app import create_app
from analytics_api.catalogue import Catalogue, Product
from analytics_api.figures import Figures
from analytics_api.live_window import MinuteDocument, Views
from analytics_api.lost_sales import LostSales
from analytics_api.lost_sales_cache import STANDS_FOR, LostSalesCache
from analytics_api.repeated_requests import Asked, RepeatedRequests, RepeatedRequestsFirst
from analytics_api.routers.memory import Memory
from analytics_api.stock import Level

ROUTES = (
    "/vendas/resumo",
    "/vendas/resumo?limite=1",
    f"/produtos/mais_vendidos?inicio={TODAY}",
    "/metricas/tempo_real",
    "/metricas/regioes",
    "/metricas/funil",
    "/pipeline/conciliacao",
    "/conciliacao",
    "/qualidade?limite=1",
    "/qualidade?formato=planilha",
    "/vendas/mensais?agrupar=regiao&formato=planilha",
    "/estoque",
    "/estoque?limite=1&dias_ate=1",
    "/produtos/p001-caneca-esmaltada",
)
OF_THE_MINUTE = (
    "/estoque?limite=1",
    "/estoque/p001-caneca-esmaltada",
    "/produtos/p001-caneca-esmaltada",
)


@pytest.fixture
def memory() -> Memory:
    return filled_memory()


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    with TestClient(create_app(memory)) as client:
        yield client


def asked_of(url: str, accept: str = "*/*") -> Asked:
    path, _, query = url.partition("?")
    return Asked(path, query.encode(), accept.encode())


@pytest.mark.parametrize("url", ROUTES)
def test_the_second_answer_is_the_first(client: TestClient, memory: Memory, url: str) -> None:
    first = client.get(url)
    known = memory.repeated_requests.of(asked_of(url))
    assert known is not None
    prepared = known.current()
    assert prepared is not None
    assert prepared.body == first.content
    second = client.get(url)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers == first.headers
    third = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (third.status_code, third.content) == (304, b"")
    assert third.headers["age"] == "1"
    assert "content-length" not in third.headers


@pytest.mark.parametrize("form", ["text/csv", "application/vnd.apache.arrow.stream"])
def test_each_form_is_kept_for_itself(client: TestClient, form: str) -> None:
    asked = {"Accept": form}
    plain, first = client.get("/vendas/resumo"), client.get("/vendas/resumo", headers=asked)
    second = client.get("/vendas/resumo", headers=asked)
    assert first.headers["content-type"].startswith(form)
    assert (second.content, second.headers) == (first.content, first.headers)
    assert client.get("/vendas/resumo").content == plain.content != first.content


def test_a_repeated_answer_follows_the_figures(client: TestClient, memory: Memory) -> None:
    before = client.get("/vendas/resumo").json()
    assert client.get("/vendas/resumo").json() == before
    memory.figures.columns.add([[("o9", "p9", TODAY, 1, "5.00")]], [])
    after = client.get("/vendas/resumo").json()
    assert [item["id_produto"] for item in after["itens"]][-1] == "p9"
    memory.figures.warehouse.problem = "gone"
    assert client.get("/vendas/resumo").json() == after | {"degradado": ["warehouse"]}


@dataclass
class Clock:
    """The time of the API and of the warehouse, which is asked for lost sales."""

    now: datetime = NOW
    asked: list[str] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def lost(self, id_produto: str) -> LostSales:
        self.asked.append(id_produto)
        return replace(nothing_lost(id_produto), until=self.now)

    def of(self, memory: Memory) -> Memory:
        lost_sales = LostSalesCache(self.lost, clock=self, retry_seconds=5)
        return replace(memory, clock=self, lost_sales=lost_sales)


def fewer_units(figures: Figures) -> None:
    level = Level("p001-caneca-esmaltada", "loja", 3, NOW, NOW)
    figures.stock = figures.stock.changed([level])
    figures.put_ledger(figures.ledger or {}, now=NOW)


def another_name(figures: Figures) -> None:
    named = Catalogue({"p001-caneca-esmaltada": Product("Caneca azul")})
    figures.history = replace(figures.history, catalogue=named, version=2)


def more_views(figures: Figures) -> None:
    views = [Views("p001-caneca-esmaltada", 5)]
    minute = NOW.replace(second=0)
    figures.window.merge([MinuteDocument("m/0", minute, 1, 3, Decimal(0), views, NOW)])
    figures.window.slide(NOW)


def kafka_away(figures: Figures) -> None:
    figures.kafka.problem = "gone"


@pytest.mark.parametrize("url", OF_THE_MINUTE)
def test_a_repeated_answer_about_stock_is_of_this_minute_and_commit(
    memory: Memory, url: str
) -> None:
    clock = Clock()

    def a_minute_later(_: Figures) -> None:
        clock.now += timedelta(minutes=1)

    changes = [fewer_units, another_name, kafka_away, a_minute_later]
    if url.startswith("/produtos/"):
        changes.append(more_views)
    with TestClient(create_app(clock.of(memory))) as client:
        wait_until(lambda: b'perdidas":null' not in client.get(url).content, "what was lost")
        for change in changes:
            before = client.get(url).content
            known = memory.repeated_requests.of(asked_of(url))
            assert known is not None
            prepared = known.current()
            assert prepared is not None
            assert prepared.body == before
            change(memory.figures)
            assert known.current() is None
            assert client.get(url).content != before


def test_repeated_requests_have_lost_sales_read_again(memory: Memory) -> None:
    clock = Clock()
    url = "/estoque/p002-mochila"
    with TestClient(create_app(clock.of(memory))) as client:

        def until() -> str | None:
            lost = client.get(url).json()["vendas_perdidas"]
            return lost and str(lost["ate"])

        wait_until(until, "the estimate was read")
        clock.now += STANDS_FOR - timedelta(seconds=20)
        assert until() == "2025-05-15T02:30:30.000Z"
        clock.now += timedelta(seconds=20)
        assert until() == "2025-05-15T02:30:30.000Z"
        wait_until(lambda: until() == "2025-05-15T02:35:30.000Z", "a newer one", seconds=20)
    assert clock.asked == ["p002-mochila"] * 2


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/vendas/resumo?limite=1&limite=1", 422),
        ("/vendas/resumo?x=1", 422),
        ("/vendas/resumo?utm_source=a", 200),
        ("/nada", 404),
    ],
)
def test_what_is_refused_or_tracked_is_never_answered_directly(
    client: TestClient, memory: Memory, url: str, status: int
) -> None:
    client.get("/vendas/resumo")
    assert [client.get(url).status_code for _ in range(2)] == [status, status]
    assert memory.repeated_requests.of(asked_of(url)) is None


def test_old_periods_are_not_answered_directly_since_the_warehouse_may_know_more() -> None:
    memory = filled_memory()
    memory.figures.columns.load([], [], since=TODAY.replace(day=1))
    with TestClient(create_app(memory)) as client:
        url = f"/vendas/resumo?fim={TODAY - timedelta(days=90)}"
        assert [client.get(url).status_code for _ in range(2)] == [200, 200]
    assert memory.repeated_requests.of(asked_of(url)) is None


async def answered_by_the_application(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})


async def statuses(requests: RepeatedRequests, scope: dict[str, Any]) -> list[int]:
    sent: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    await RepeatedRequestsFirst(answered_by_the_application, requests)(scope, receive, send)
    return sent


def scope_of(*headers: tuple[bytes, bytes], method: str = "GET", query: bytes = b"") -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": "/x",
        "query_string": query,
        "headers": list(headers),
    }


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        pytest.param(scope_of(), 200, id="known"),
        pytest.param(scope_of((b"if-none-match", b"*")), 304, id="the client has it"),
        pytest.param(scope_of(method="POST"), 204, id="another method"),
        pytest.param(scope_of(query=b"a=1"), 204, id="another query"),
        pytest.param(scope_of((b"accept", b"a/b")), 204, id="another form"),
        pytest.param(scope_of((b"accept", b""), (b"accept", b"")), 204, id="two of a header"),
    ],
)
async def test_only_the_same_request_is_answered_directly(scope: Scope, status: int) -> None:
    requests = RepeatedRequests()
    requests.remember(scope_of(), lambda: EncodedAnswer.of(b"{}"), lambda: 0.0)
    assert await statuses(requests, scope) == [status]


async def test_the_application_answers_what_must_be_made_first() -> None:
    requests = RepeatedRequests()
    requests.remember(scope_of(), lambda: None, lambda: 0.0)
    assert await statuses(requests, scope_of()) == [204]


def test_no_more_than_so_many_are_kept_and_none_that_is_long() -> None:
    requests = RepeatedRequests(kept=2)
    for query in (b"1", b"2", b"3", b"4" * 2000):
        requests.remember(scope_of(query=query), lambda: None, lambda: NOW.timestamp())
    kept = [requests.of(Asked("/x", query, b"")) is not None for query in (b"1", b"2", b"3")]
    assert kept == [False, True, True]
    assert requests.of(Asked("/x", b"4" * 2000, b"")) is None
