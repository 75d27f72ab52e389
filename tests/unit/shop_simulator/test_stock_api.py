"""The stock API: pages, cursors, conditional answers, and each fault."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from event_contracts.estoque import AtualizacaoEstoque, decode_estoque
from shop_simulator import stock_api
from shop_simulator.stock import Stock, shares_of
from shop_simulator.stock_api import StockApi

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "/armazens/cd-sudeste/estoque"
FAULTS = "/armazens/cd-sudeste/falhas"


@pytest.fixture
def stock() -> Stock:
    shares = shares_of([("p1", 6.0), ("p2", 3.0), ("p3", 1.0)])
    return Stock(shares, random.Random(7), clock=lambda: START)


@pytest.fixture
def client(stock: Stock) -> Iterator[TestClient]:
    app = Starlette(routes=StockApi(stock, run="r1").routes())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def read(client: TestClient, **parameters: object) -> dict[str, Any]:
    response = client.get(URL, params={name: str(value) for name, value in parameters.items()})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def units(stock: Stock, id_produto: str) -> int:
    return stock.locations["cd-sudeste"].units(id_produto)


def test_it_begins_with_every_level_as_the_contract_wants_it(
    client: TestClient, stock: Stock
) -> None:
    found = read(client)
    assert (found["proximo"], found["mais"]) == ("r1-3", False)
    decoded = [
        decode_estoque(msgspec.json.encode(each), received_at=START) for each in found["estoque"]
    ]
    assert decoded[0] == AtualizacaoEstoque(
        id_produto="p1",
        nivel_estoque=units(stock, "p1"),
        ultima_atualizacao=START,
        id_armazem="cd-sudeste",
    )
    assert [each.id_produto for each in decoded if isinstance(each, AtualizacaoEstoque)] == [
        "p1",
        "p2",
        "p3",
    ]


def test_it_goes_on_after_a_cursor(client: TestClient, stock: Stock) -> None:
    first = read(client, limite=2)
    assert ([e["id_produto"] for e in first["estoque"]], first["mais"]) == (["p1", "p2"], True)
    rest = read(client, limite=2, cursor=first["proximo"])
    assert ([e["id_produto"] for e in rest["estoque"]], rest["mais"]) == (["p3"], False)
    before = units(stock, "p2")
    stock.locations["cd-sudeste"].put("p2", before - 5, START)
    [change] = read(client, cursor=rest["proximo"])["estoque"]
    assert (change["id_produto"], change["nivel_estoque"]) == ("p2", before - 5)
    assert change["ultima_atualizacao"] == (START + timedelta(microseconds=1)).isoformat()


def test_nothing_new_is_304(client: TestClient, stock: Stock) -> None:
    end = read(client)["proximo"]
    tag = client.get(URL, params={"cursor": end}).headers["etag"]
    same = client.get(URL, params={"cursor": end}, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    stock.locations["cd-sudeste"].put("p1", 1, START)
    changed = client.get(URL, params={"cursor": end}, headers={"If-None-Match": tag})
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/armazens/cd-sul/estoque", 404, id="no such location"),
        pytest.param(f"{URL}?cursor=r0-3", 410, id="a cursor of another run"),
        pytest.param(f"{URL}?cursor=x", 410, id="no cursor at all"),
        pytest.param(f"{URL}?limite=0", 422, id="a limit of none"),
        pytest.param(f"{URL}?limite=1001", 422, id="a limit too high"),
        pytest.param(f"{URL}?limite=muitos", 422, id="a limit that is no number"),
    ],
)
def test_problems(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"tipo":"fogo"}',
        b'{"tipo":"erro","vezes":1}',
        b'{"tipo":"erro","respostas":0}',
        b'{"tipo":"erro","respostas":10001}',
    ],
)
def test_a_fault_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post(FAULTS, content=body).status_code == 422
    assert client.get(URL).status_code == 200


def fail(client: TestClient, tipo: str, answers: int = 1) -> None:
    order = {"tipo": tipo, "respostas": answers}
    assert client.post(FAULTS, json=order).status_code == 204


@pytest.mark.parametrize(("tipo", "status"), [("erro", 500), ("limite", 429), ("html", 200)])
def test_answers_that_are_no_json(client: TestClient, tipo: str, status: int) -> None:
    fail(client, tipo, answers=2)
    for left in (1, 0):
        response = client.get(URL)
        assert client.get(FAULTS).json() == {"respostas": left}
        assert response.status_code == status
        assert response.headers["content-type"] != "application/json"
    assert client.get(URL).headers["content-type"] == "application/json"
    assert client.get("/armazens/cd-nordeste/estoque").status_code == 200


def test_a_limit_says_when_to_come_again(client: TestClient) -> None:
    fail(client, "limite")
    assert client.get(URL).headers["retry-after"] == "1"


def test_a_slow_answer_is_right(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(stock_api.asyncio, "sleep", sleep)
    fail(client, "lenta")
    assert len(read(client)["estoque"]) == 3
    assert waited == [20.0]


def test_a_cut_answer_is_no_json(client: TestClient) -> None:
    whole = client.get(URL).content
    fail(client, "truncada")
    assert client.get(URL).content == whole[: len(whole) // 2]


def test_a_repeated_page_leads_to_itself(client: TestClient) -> None:
    first = read(client, limite=2)
    fail(client, "repetida")
    again = read(client, limite=2, cursor=first["proximo"])
    assert (again["proximo"], again["mais"]) == (first["proximo"], True)
    assert [each["id_produto"] for each in again["estoque"]] == ["p3"]


def test_lies_stand_beside_the_truth(client: TestClient, stock: Stock) -> None:
    true = read(client)["estoque"]
    fail(client, "mentira")
    told = read(client)["estoque"]
    assert told[-3:] == true
    now = datetime.now(UTC)
    decoded = [decode_estoque(msgspec.json.encode(each), received_at=now) for each in told[:4]]
    assert [isinstance(each, list) for each in decoded] == [True, True, True, False]
    old = decoded[3]
    assert isinstance(old, AtualizacaoEstoque)
    assert (old.id_produto, old.nivel_estoque) == ("p1", units(stock, "p1") + 1)
    assert old.ultima_atualizacao < START
