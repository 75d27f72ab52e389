"""A request that is answered 503 is found in the log by the id of its answer."""

import json
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from tests.support.event_producer import FakeCommit
from tests.support.events import SEED

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from event_producer import answer
from event_producer.dependencies import Dependencies, StockDependencies
from event_producer.handlers import create_app
from event_producer.metrics import Instruments, Metrics
from event_producer.origins import Origins
from event_producer.refusal import UnavailableError
from event_producer.unavailable_log import UnavailableLog
from service_runtime.http_edge import http_edge
from service_runtime.logging import JsonFormatter

TOKEN = "0123456789abcdef"
UPDATE = {
    "id_produto": "p456",
    "nivel_estoque": 12,
    "ultima_atualizacao": "2025-05-14T16:16:00-03:00",
    "id_armazem": "cd-sudeste",
}
CALL = {"event": "Product Viewed", "userId": "u1", "properties": {"product_id": "p1"}}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """No store takes anything."""
    monkeypatch.setattr(answer, "_unavailable_log", UnavailableLog())
    commit: Any = FakeCommit()
    commit.refusing = True
    instruments = Instruments({})
    dependencies = Dependencies(
        commit=commit,
        metrics=Metrics(instruments, TOPIC_EVENTOS),
        new_id=lambda: UUID(int=7),
        alive=lambda: None,
        ready=lambda: None,
        lifespan=nullcontext,
        origins=Origins.parse("*"),
        stock=StockDependencies(TOKEN, commit, Metrics(instruments, TOPIC_ESTOQUE)),
        traced=False,
    )
    return TestClient(http_edge(create_app(dependencies)))


@pytest.mark.parametrize(
    ("path", "body"), [("/eventos", SEED), ("/v1/track", CALL), ("/estoque", UPDATE)]
)
def test_one_line_has_the_id_of_the_request(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str, body: dict[str, Any]
) -> None:
    caplog.handler.setFormatter(JsonFormatter())
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-ID": "abc"}
    assert client.post(path, json=body, headers=headers).status_code == 503
    [line] = [json.loads(line) for line in caplog.text.splitlines() if "503" in line]
    assert line.items() >= {"level": "WARNING", "request_id": "abc", "left_out": 0}.items()


def test_an_outage_gets_a_line_a_second_that_counts_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moments = iter([0.0, 0.0, 0.1, 0.9, 1.0, 1.5, 60.0, 61.0])
    log = UnavailableLog(clock=lambda: next(moments))
    for _ in range(7):
        log.add(UnavailableError("full"))
    assert [vars(record)["left_out"] for record in caplog.records] == [0, 2, 1, 0]
    assert caplog.records[0].getMessage() == "a request was answered 503: full"
