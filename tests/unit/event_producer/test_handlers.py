"""The HTTP edge: what each request is answered, and that nothing gives 500."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from tests.support.event_producer import FakeCommit
from tests.support.events import SEED
from tests.support.problem import problem_of

from event_contracts.names import TOPIC_EVENTOS
from event_producer import eventos
from event_producer.dependencies import Dependencies
from event_producer.handlers import create_app
from event_producer.metrics import Instruments, Metrics
from event_producer.models import MAX_ERROS
from event_producer.origins import Origins
from event_producer.refusal import MAX_BODY_BYTES
from service_runtime.http_edge import http_edge

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def commit() -> FakeCommit:
    return FakeCommit()


@pytest.fixture
def trouble() -> list[str | None]:
    return [None]


@pytest.fixture
def client(
    commit: FakeCommit, trouble: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    @asynccontextmanager
    async def running() -> Any:
        yield

    monkeypatch.setattr(eventos.trace, "get_tracer", TracerProvider().get_tracer)
    dependencies = Dependencies(
        commit=commit,  # type: ignore[arg-type]
        metrics=Metrics(Instruments({}), TOPIC_EVENTOS),
        new_id=lambda: UUID(int=7),
        alive=lambda: None,
        ready=lambda: trouble[0],
        lifespan=running,
        origins=Origins.parse("https://loja.example"),
        stock=None,
        traced=False,
    )
    with TestClient(http_edge(create_app(dependencies))) as client:
        yield client


def test_accepted(client: TestClient, commit: FakeCommit) -> None:
    named = SEED | {"id_evento": str(UUID(int=9))}
    answer = client.post("/eventos", json=[SEED, named])
    assert answer.status_code == 202
    assert answer.json() == {"aceitos": 2, "ids_gerados": [str(UUID(int=7))]}
    assert [message.key for message in commit.taken] == ["u123", "u123"]


def test_the_trace_goes_on(client: TestClient, commit: FakeCommit) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    caller = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01", "tracestate": "a=b"}
    client.post("/eventos", json=[SEED, SEED], headers=caller)
    first, second = (message.headers for message in commit.taken)
    assert first is second
    assert list(first) == ["traceparent"]
    assert str(first["traceparent"]).split("-")[1] == trace_id
    assert str(first["traceparent"]).split("-")[2] != "00f067aa0ba902b7"


def test_nothing_is_traced_that_nobody_takes(client: TestClient, commit: FakeCommit) -> None:
    client.post("/eventos", json=SEED)
    assert commit.taken[0].headers == {}


def test_a_trace_begins_where_there_was_no_good_one(client: TestClient, commit: FakeCommit) -> None:
    client.post("/eventos", json=SEED, headers={"traceparent": "nonsense"})
    assert str(commit.taken[0].headers["traceparent"]).startswith("00-")


def test_refused(client: TestClient, commit: FakeCommit) -> None:
    answer = client.post("/eventos", json=[SEED, SEED | {"tipo_evento": "visita"}])
    document = problem_of(answer)
    assert answer.status_code == 422
    assert [(e["indice"], e["campo"], e["motivo"]) for e in document["erros"]] == [
        (1, "tipo_evento", "tipo_evento_desconhecido")
    ]
    assert commit.taken == []


def test_a_refusal_says_how_to_have_the_good_events_accepted(client: TestClient) -> None:
    details = [
        problem_of(client.post("/eventos", json=events))["detail"]
        for events in ([SEED, {}, SEED], [{}])
    ]
    none_accepted = "no event of this request was accepted"
    hint = f"{none_accepted}; with ?parcial=true the 2 good ones are accepted"
    assert details == [hint, none_accepted]


def test_a_batch_that_is_taken_in_part(client: TestClient, commit: FakeCommit) -> None:
    batch = [SEED, SEED | {"tipo_evento": "visita"}, SEED | {"id_usuario": "u9"}]
    answer = client.post("/eventos?parcial=true", json=batch)
    assert answer.status_code == 202
    document = answer.json()
    assert (document["aceitos"], len(document["ids_gerados"])) == (2, 2)
    assert document["erros"] == [
        {
            "indice": 1,
            "campo": "tipo_evento",
            "motivo": "tipo_evento_desconhecido",
            "detalhe": "expected one of clique, adicao_carrinho, compra, devolucao, cancelamento, "
            "sonda",
        }
    ]
    assert [message.key for message in commit.taken] == ["u123", "u9"]


def test_of_many_errors_of_a_part_the_first_are_named(client: TestClient) -> None:
    answer = client.post("/eventos?parcial=true", json=[SEED, *[{}] * MAX_ERROS])
    assert answer.status_code == 202
    assert len(answer.json()["erros"]) == MAX_ERROS
    assert answer.json()["erros_omitidos"] == 3 * MAX_ERROS


@pytest.mark.parametrize(
    ("query", "status"),
    [("parcial=true", 202), ("parcial=false", 422), ("outro=1", 422), ("parcial=talvez", 422)],
)
def test_only_who_asks_for_a_part_gets_one(
    client: TestClient, commit: FakeCommit, query: str, status: int
) -> None:
    answer = client.post(f"/eventos?{query}", json=[SEED, {}])
    assert answer.status_code == status
    assert len(commit.taken) == (status == 202)


def test_all_good_in_part_and_none_good_in_part(client: TestClient) -> None:
    assert client.post("/eventos?parcial=true", json=[SEED]).json()["erros"] == []
    refused = client.post("/eventos?parcial=true", json=[{}])
    assert problem_of(refused)["status"] == 422
    assert {erro["motivo"] for erro in refused.json()["erros"]} == {"campo_ausente"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, 202),
        ({"Content-Type": 'Application/JSON;charset="UTF-8"'}, 202),
        ({"Content-Type": "application/json", "Content-Encoding": "identity"}, 202),
        ({"Content-Type": "application/json; charset=utf-8;"}, 202),
        ({"Content-Type": "application/json;profile=x; CHARSET=utf8"}, 202),
        ({"Content-Type": "application/json; charset=us-ascii"}, 202),
        ({"Content-Type": "application/json; charset=ISO-8859-1"}, 202),
        ({"Content-Type": "application/json ;charset=latin-1"}, 202),
        ({"Content-Type": "application/json; charset="}, 202),
        ({"Content-Type": 'application/json; x="a;charset=y"'}, 202),
        ({"Content-Type": "text/plain;charset=UTF-8"}, 202),
        ({"Content-Type": 'text/plain; x="a\\";charset=y"; Charset="utf-8"'}, 202),
        ({"Content-Type": 'text/plain; x="a;charset=y'}, 202),
        ({"Content-Type": "text/plain", "Origin": "https://loja.example"}, 202),
        ({"Content-Type": "text/plain", "Origin": "http://testserver"}, 202),
        ({"Content-Type": "text/plain", "Origin": "https://outra.example"}, 403),
        ({"Content-Type": "text/plain", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Origin": "https://outra.example"}, 202),
        ({}, 415),
        ({"Content-Type": "text/html"}, 415),
        ({"Content-Type": "text/plain; charset=iso-8859-1"}, 415),
        ({"Content-Type": 'text/plain; x="a;b"; charset=iso-8859-1'}, 415),
        ({"Content-Type": "text/plain; x=application/json; charset=us-ascii"}, 415),
        ({"Content-Type": "application/json, text/plain"}, 415),
        ({"Content-Type": "application/problem+json"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip, gzip"}, 415),
    ],
)
def test_media_types(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.post("/eventos", content=json.dumps(SEED), headers=headers)
    assert answer.status_code == status


def pieces(total: int) -> Iterator[bytes]:
    yield from (b" " * 65_536 for _ in range(total // 65_536))


def test_the_largest_body(client: TestClient) -> None:
    body = json.dumps([SEED]).encode().ljust(MAX_BODY_BYTES)
    assert client.post("/eventos", content=body, headers=JSON).status_code == 202
    assert client.post("/eventos", content=body + b" ", headers=JSON).status_code == 413


def test_a_body_without_a_length_is_measured_as_it_comes(client: TestClient) -> None:
    answer = client.post("/eventos", content=pieces(MAX_BODY_BYTES + 65_536), headers=JSON)
    assert problem_of(answer)["status"] == 413


def test_another_encoding_is_told_which_would_do(client: TestClient) -> None:
    answer = client.post("/eventos", content=b"", headers=JSON | {"Content-Encoding": "br"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip")


def test_a_byte_order_mark_is_skipped(client: TestClient) -> None:
    body = BOM_UTF8 + json.dumps([SEED]).encode()
    assert client.post("/eventos", content=body, headers=JSON).json()["aceitos"] == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("?a=1&a=2", 400), ("?a=1&%61=2", 400), ("?utm_source=a&utm_source=b&_=1&_=2", 202)],
)
def test_a_repeated_parameter_is_named(client: TestClient, query: str, status: int) -> None:
    answer = client.post(f"/eventos{query}", json=SEED)
    assert answer.status_code == status
    assert answer.json().get("parametros") == (["a"] if status == 400 else None)


def test_a_preflight_is_answered_and_kept(client: TestClient) -> None:
    asked = {
        "Origin": "https://loja.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,content-encoding,x-request-id",
    }
    answer = client.options("/eventos", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://loja.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert int(answer.headers["access-control-max-age"]) >= 600
    assert "Origin" in answer.headers["vary"]
    foreign = client.options("/eventos", headers=asked | {"Origin": "https://outra.example"})
    assert foreign.status_code == 400
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("sent", "status"), [({"json": SEED}, 202), ({"json": {}}, 422), ({"content": b"x"}, 415)]
)
def test_an_allowed_page_may_read_every_answer(
    client: TestClient, sent: dict[str, Any], status: int
) -> None:
    answer = client.post("/eventos", **sent, headers={"Origin": "https://loja.example"})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "https://loja.example"
    assert answer.headers["vary"] == "Origin"


def test_who_is_no_page_takes_no_part_in_it(client: TestClient) -> None:
    headers = client.post("/eventos", json=SEED).headers
    assert not any(name.startswith("access-control") for name in headers)


def test_a_charset_does_not_change_how_a_body_is_read(
    client: TestClient, commit: FakeCommit
) -> None:
    headers = {"Content-Type": "application/json; charset=ISO-8859-1"}
    text = json.dumps(SEED | {"id_usuario": "joão"}, ensure_ascii=False)
    assert client.post("/eventos", content=text.encode(), headers=headers).status_code == 202
    assert [message.key for message in commit.taken] == ["joão"]
    latin = client.post("/eventos", content=text.encode("latin-1"), headers=headers)
    assert problem_of(latin)["status"] == 400


@pytest.mark.parametrize("body", [b"", b"{", b'"\xff"', b"[" * 100_000])
def test_not_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/eventos", content=body, headers=JSON)
    assert problem_of(answer)["status"] == 400


def test_unavailable(client: TestClient, commit: FakeCommit) -> None:
    commit.refusing = True
    answer = client.post("/eventos", json=SEED)
    assert problem_of(answer)["status"] == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/eventos", 405),
        ("GET", "/eventos/", 405),
        ("GET", "/v1/track", 405),
        ("POST", "/vendas", 404),
        ("POST", "/v1/vendas", 404),
    ],
)
def test_elsewhere(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert problem_of(answer)["status"] == status
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_a_slash_at_the_end_of_the_path_changes_nothing(client: TestClient) -> None:
    assert client.post("/eventos/", json=SEED, follow_redirects=False).status_code == 202


def test_the_clients_of_segment_are_answered(client: TestClient, commit: FakeCommit) -> None:
    call = {"event": "Product Viewed", "userId": "u1", "properties": {"product_id": "p1"}}
    answer = client.post("/v1/track", json=call)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [message.key for message in commit.taken] == ["u1"]
    assert {"/eventos", "/v1/track"} <= set(client.get("/openapi.json").json()["paths"])


def test_health(client: TestClient, trouble: list[str | None]) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json() == {"status": "ok"}
    trouble[0] = "the spool is full"
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_the_document_has_every_schema_that_it_refers_to(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    named = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert named <= set(json.loads(text)["components"]["schemas"])
    assert {"Aceite", "Erro", "EventosRecusados", "Problema", "Sucesso"} <= named


def test_the_document_can_be_read_in_a_browser(client: TestClient) -> None:
    assert "/openapi.json" in client.get("/docs").text


def test_the_document_names_every_answer(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/eventos"]["post"]
    assert set(operation["responses"]) == {"202", "400", "403", "413", "415", "422", "503"}
    assert list(operation["responses"]["202"]["content"].values()) == [
        {"schema": {"$ref": "#/components/schemas/Aceite"}}
    ]
    single, several = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert several["items"] == single
