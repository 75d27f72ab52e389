"""`POST /estoque`: who may send, and what each request is answered."""

import gzip
import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from tests.support.event_producer import FakeCommit
from tests.support.problem import problem_of

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from event_producer import estoque
from event_producer.dependencies import Dependencies, StockDependencies
from event_producer.handlers import create_app
from event_producer.metrics import Instruments, Metrics
from event_producer.origins import Origins
from event_producer.refusal import MAX_BODY_BYTES, MAX_EVENTOS
from service_runtime.http_edge import http_edge

TOKEN: Final = "0123456789abcdef"
BEARER: Final = {"Authorization": f"Bearer {TOKEN}"}
JSON: Final = BEARER | {"Content-Type": "application/json"}
UPDATE: Final = {
    "id_produto": "p456",
    "nivel_estoque": 12,
    "ultima_atualizacao": "2025-05-14T16:16:00-03:00",
    "id_armazem": "cd-sudeste",
}
STORED: Final = UPDATE | {"ultima_atualizacao": "2025-05-14T19:16:00Z"}


@pytest.fixture
def commit() -> FakeCommit:
    return FakeCommit()


@pytest.fixture
def takes_stock() -> bool:
    return True


@pytest.fixture
def client(
    commit: FakeCommit, takes_stock: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    @asynccontextmanager
    async def running() -> Any:
        yield

    monkeypatch.setattr(estoque.trace, "get_tracer", TracerProvider().get_tracer)
    instruments = Instruments({})
    stock = StockDependencies(TOKEN, commit, Metrics(instruments, TOPIC_ESTOQUE))  # type: ignore[arg-type]
    dependencies = Dependencies(
        commit=FakeCommit(),  # type: ignore[arg-type]
        metrics=Metrics(instruments, TOPIC_EVENTOS),
        new_id=lambda: UUID(int=7),
        alive=lambda: None,
        ready=lambda: None,
        lifespan=running,
        origins=Origins.parse("*"),
        stock=stock if takes_stock else None,
        traced=False,
    )
    with TestClient(http_edge(create_app(dependencies))) as client:
        yield client


def values(commit: FakeCommit) -> list[Any]:
    return [json.loads(message.value) for message in commit.taken]


@pytest.mark.parametrize("path", ["/estoque", "/estoque/"])
@pytest.mark.parametrize("body", [UPDATE, [UPDATE]], ids=["one", "an array"])
def test_taken(client: TestClient, commit: FakeCommit, path: str, body: object) -> None:
    answer = client.post(path, json=body, headers=BEARER)
    assert (answer.status_code, answer.json()) == (202, {"aceitos": 1})
    assert values(commit) == [STORED]
    assert [message.key for message in commit.taken] == ["p456"]


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": ""}, "Bearer"),
        ({"Authorization": f"Basic {TOKEN}"}, "Bearer"),
        ({"Authorization": TOKEN}, "Bearer"),
        ({"Authorization": "Bearer"}, 'Bearer error="invalid_token"'),
        ({"Authorization": f"Bearer {TOKEN}x"}, 'Bearer error="invalid_token"'),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer \xe3"}, 'Bearer error="invalid_token"'),
    ],
)
@pytest.mark.parametrize("body", [UPDATE, {}], ids=["good", "wrong"])
def test_who_has_no_token_is_refused_whatever_it_sends(
    client: TestClient, commit: FakeCommit, headers: dict[str, str], challenge: str, body: object
) -> None:
    encoded = {name: text.encode("latin-1") for name, text in headers.items()}
    answer = client.post("/estoque", json=body, headers=encoded)
    assert problem_of(answer)["status"] == 401
    assert answer.headers["www-authenticate"] == challenge
    assert TOKEN not in answer.text
    assert commit.taken == []


def test_the_schemes_case_does_not_matter(client: TestClient) -> None:
    headers = {"Authorization": f"bEARER  {TOKEN}"}
    assert client.post("/estoque", json=UPDATE, headers=headers).status_code == 202


@pytest.mark.parametrize("origin", ["https://loja.example", "http://testserver", "null"])
def test_no_page_gets_in_though_it_knows_the_token(
    client: TestClient, commit: FakeCommit, origin: str
) -> None:
    answer = client.post("/estoque", json=UPDATE, headers=BEARER | {"Origin": origin})
    assert problem_of(answer)["status"] == 403
    assert commit.taken == []
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/estoque", "/estoque/"])
def test_no_preflight_is_answered(client: TestClient, path: str) -> None:
    asked = {
        "Origin": "https://loja.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options(path, headers=asked)
    assert (problem_of(answer)["status"], answer.headers["allow"]) == (405, "POST")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "access-control-allow-origin" in client.options("/eventos", headers=asked).headers


@pytest.mark.parametrize("takes_stock", [False])
@pytest.mark.parametrize("headers", [{}, BEARER])
def test_without_the_setting_nobody_gets_in_and_is_told_which_it_is(
    client: TestClient, commit: FakeCommit, headers: dict[str, str]
) -> None:
    answer = client.post("/estoque", json=UPDATE, headers=headers)
    document = problem_of(answer)
    assert (document["status"], "STOCK_TOKEN" in document["detail"]) == (403, True)
    assert commit.taken == []


def test_every_reason_is_told_and_nothing_taken(client: TestClient, commit: FakeCommit) -> None:
    wrong = [UPDATE, UPDATE | {"nivel_estoque": -1, "id_armazem": "null"}, {"id_produto": 7}]
    document = problem_of(client.post("/estoque", json=wrong, headers=BEARER))
    assert document["status"] == 422
    assert document["detail"] == (
        "no update of this request was accepted; with ?parcial=true the 1 good ones are accepted"
    )
    assert [(e["indice"], e["campo"], e["motivo"]) for e in document["erros"]] == [
        (1, "id_armazem", "identificador_nulo"),
        (1, "nivel_estoque", "fora_da_faixa"),
        (2, "id_produto", "tipo_errado"),
        (2, "nivel_estoque", "campo_ausente"),
        (2, "ultima_atualizacao", "campo_ausente"),
        (2, "id_armazem", "campo_ausente"),
    ]
    assert commit.taken == []


def test_a_part_is_taken_where_that_is_asked_for(client: TestClient, commit: FakeCommit) -> None:
    batch = [UPDATE, UPDATE | {"nivel_estoque": 1.5}]
    answer = client.post("/estoque?parcial=true", json=batch, headers=BEARER)
    assert answer.status_code == 202
    assert answer.json()["aceitos"] == 1
    assert [(e["indice"], e["campo"]) for e in answer.json()["erros"]] == [(1, "nivel_estoque")]
    assert values(commit) == [STORED]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"[" + b"[" * 100_000, {}, 400),
        (b"[]", {}, 422),
        (b"7", {}, 422),
        (b"x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"x", {"Content-Encoding": "br"}, 415),
        (b"x", {"Content-Encoding": "gzip"}, 400),
        (b" " * (MAX_BODY_BYTES + 1), {}, 413),
        (b"[" + b"7," * MAX_EVENTOS + b"7]", {}, 413),
        (gzip.compress(b" " * (MAX_BODY_BYTES + 1)), {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_what_is_no_update(
    client: TestClient, commit: FakeCommit, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/estoque", content=body, headers=JSON | headers)
    assert problem_of(answer)["status"] == status
    assert commit.taken == []


@pytest.mark.parametrize("query", ["?parcial=sim", "?parcial=true&parcial=true"])
def test_a_wrong_parameter(client: TestClient, query: str) -> None:
    status = client.post(f"/estoque{query}", json=UPDATE, headers=BEARER).status_code
    assert status == (422 if query.count("parcial") == 1 else 400)


def test_packed_and_with_a_byte_order_mark(client: TestClient, commit: FakeCommit) -> None:
    body = gzip.compress(BOM_UTF8 + json.dumps([UPDATE]).encode())
    headers = JSON | {"Content-Encoding": "gzip"}
    assert client.post("/estoque", content=body, headers=headers).status_code == 202
    assert values(commit) == [STORED]


def test_the_trace_goes_on(client: TestClient, commit: FakeCommit) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    caller = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    client.post("/estoque", json=UPDATE, headers=BEARER | caller)
    (message,) = commit.taken
    assert str(message.headers["traceparent"]).split("-")[1] == trace_id


def test_not_stored_it_is_to_be_sent_again(client: TestClient, commit: FakeCommit) -> None:
    commit.refusing = True
    answer = client.post("/estoque", json=UPDATE, headers=BEARER)
    assert problem_of(answer)["status"] == 503
    assert int(answer.headers["retry-after"]) > 0
