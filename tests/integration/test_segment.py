"""Segment's own clients, told nothing but the host of an event-producer: what they send is on Kafka
as our events, and what they send again is the same event."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import producer_service
from tests.support.kafka import TopicReader
from tests.support.lossy_proxy import lossy_proxy
from tests.support.platform import free_ports
from tests.support.producer_service import Start
from tests.support.segment_clients import SegmentClient, Visit, segment_client
from tests.support.waiting import wait_until

from vitrine_local.platform import LocalPlatform

platform = producer_service.platform
kafka = producer_service.kafka
topic = producer_service.topic
start = producer_service.start

DATA = Path(__file__).parents[1] / "data"
VISIT: Visit = json.loads((DATA / "segment_visit.json").read_text("utf-8"))
FIELDS = ("tipo_evento", "id_produto", "id_pedido", "quantidade", "preco")
LINES = {
    ("clique", "p1", None, None, None),
    ("adicao_carrinho", "p1", None, None, None),
    ("compra", "p1", "A1", 2, "19.90"),
    ("compra", "p2", "A1", 1, "5"),
    ("devolucao", "p2", "A1", 1, "5"),
    ("cancelamento", "p1", "A0", 1, "19.90"),
}


@pytest.fixture(params=["python-gzip", "node", "browser"])
def client(request: pytest.FixtureRequest) -> Iterator[SegmentClient]:
    with segment_client(request.param) as client:
        yield client


def on(topic: TopicReader) -> list[dict[str, Any]]:
    return [json.loads(message.value() or b"") for message in topic.read()]


def line_of(evento: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(evento.get(name) for name in FIELDS)


def lines_on(topic: TopicReader) -> set[tuple[Any, ...]]:
    return {line_of(evento) for evento in on(topic)}


def ids_by_line(topic: TopicReader) -> dict[tuple[Any, ...], set[str]]:
    found: dict[tuple[Any, ...], set[str]] = {}
    for evento in on(topic):
        found.setdefault(line_of(evento), set()).add(evento["id_evento"])
    return found


def test_a_visit_is_on_kafka(client: SegmentClient, start: Start, topic: TopicReader) -> None:
    began = datetime.now(UTC)
    client.begin(start().url, VISIT)
    wait_until(lambda: lines_on(topic) >= LINES, "every line is on Kafka")
    client.end()
    eventos = on(topic)
    assert sorted(map(line_of, eventos), key=str) == sorted(LINES, key=str)
    assert {evento["id_usuario"] for evento in eventos} == {"u1"}
    assert len({evento["id_evento"] for evento in eventos}) == len(LINES)
    moments = [datetime.fromisoformat(evento["timestamp"]) for evento in eventos]
    assert began - timedelta(seconds=1) < min(moments) <= max(moments) <= datetime.now(UTC)


def test_after_503_it_is_sent_again(
    client: SegmentClient, start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    service = start(spool_max_bytes=1)
    with lossy_proxy(service.url) as proxy:
        kafka.pause("kafka")
        client.begin(proxy.url, VISIT)
        wait_until(lambda: 503 in proxy.statuses, "a request is refused")
        kafka.resume("kafka")
        wait_until(lambda: lines_on(topic) >= LINES, "every line is on Kafka", seconds=90)
        client.end()
    assert proxy.statuses[-1] == 200
    assert {line: len(ids) for line, ids in ids_by_line(topic).items()} == dict.fromkeys(LINES, 1)


def test_killed_with_its_answer_unsent_it_is_sent_again(
    client: SegmentClient, start: Start, topic: TopicReader
) -> None:
    service = start()
    before: list[dict[str, Any]] = []

    def kill() -> bool:
        if stored := on(topic):
            service.kill()
            before.extend(stored)
        return bool(stored)

    with lossy_proxy(service.url, lose=kill) as proxy:
        client.begin(proxy.url, VISIT)
        wait_until(lambda: before, "something comes before")
        start()
        killed = {evento["id_evento"] for evento in before}
        wait_until(
            lambda: lines_on(topic) >= LINES and killed <= repeated_on(topic),
            "all is on Kafka, and what was lost was sent again",
            seconds=90,
        )
        client.end()
    assert {line: len(ids) for line, ids in ids_by_line(topic).items()} == dict.fromkeys(LINES, 1)


def repeated_on(topic: TopicReader) -> set[str]:
    """The ids that came twice."""
    counts = Counter(evento["id_evento"] for evento in on(topic))
    return {identity for identity, times in counts.items() if times == 2}


def test_pythons_nan_costs_no_other_event(start: Start, topic: TopicReader) -> None:
    nan = {"order_id": "A9", "products": [{"product_id": "p1", "price": float("nan")}]}
    order = {"call": "track", "userId": "u1", "event": "Order Completed", "properties": nan}
    with segment_client("python") as client:
        client.begin(start().url, [order, *VISIT])
        client.end()
    assert lines_on(topic) == LINES


def counted(told: str, name: str) -> dict[str, float]:
    """What Prometheus is told of a counter, by its `motivo`."""
    found = re.findall(rf'^{name}_total{{.*motivo="(\w+)".*}} (\S+)', told, re.M)
    return {motivo: float(value) for motivo, value in found}


def test_what_is_left_is_counted_by_its_reason(start: Start, topic: TopicReader) -> None:
    [port] = free_ports(1)
    service = start(otel_metrics_exporter="prometheus", otel_exporter_prometheus_port=port)
    with segment_client("python") as client:
        client.begin(service.url, VISIT)
        client.end()
    assert lines_on(topic) == LINES
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert counted(told, "event_producer_events_refused") == {"identificador_nulo": 1}
    assert counted(told, "event_producer_segment_left") == {
        "outra_chamada": 2,
        "outra_moeda": 1,
        "outro_evento": 1,
    }
