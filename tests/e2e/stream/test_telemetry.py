"""What a collector gets: the way of an event from its POST to the memory of the API."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.otlp import AT_ONCE, Received, attributes, otlp_receiver
from tests.support.stream import STREAM, Stream, encoded, event
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS, TOPICS
from stream_processor.traced_records import MOST_TRACES
from warehouse.audit import AuditReport, audit

PRODUCER, API = "event-producer", "analytics-api"
TRACE, UNSAMPLED = "fbf92f3577b34da6a3ce929d0e0e4736", "fbf92f3577b34da6a3ce929d0e0e4737"
COMMITTED, VISIBLE = "stream.freshness", "analytics_api.freshness"
CALLER = "00f067aa0ba902b7"


@pytest.fixture
def received(stream: Stream) -> Iterator[Received]:
    """What parts export that are started with it as their collector; they end with it."""
    platform = stream.platform
    if STREAM in platform.names:
        platform.stop(STREAM)
    with otlp_receiver() as receiver:
        yield receiver
        for name in platform.names & {PRODUCER, API, STREAM}:
            platform.stop(name)


def _start_all(stream: Stream, received: Received) -> None:
    exporting = AT_ONCE | {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url}
    for name in (PRODUCER, API):
        stream.platform.start_part(name, exporting)
    stream.start(**exporting)


def _post(stream: Stream, traceparent: str) -> str:
    """Post an event; returns its id."""
    port = stream.platform.settings.deployable_ports[PRODUCER]
    posted = event(id_usuario=str(uuid4()))
    answer = httpx.post(
        f"http://127.0.0.1:{port}/eventos", json=posted, headers={"traceparent": traceparent}
    )
    assert answer.status_code == 202
    return str(posted["id_evento"])


def _put(stream: Stream, headers: Mapping[str, bytes | None]) -> None:
    [value] = encoded([event()])
    stream.producer.produce(TOPIC_EVENTOS, value, b"u1", headers=dict(headers))
    assert stream.producer.flush(60) == 0


def _batches(received: Received) -> list[Span]:
    return [s for s in received.spans_of(STREAM) if s.kind == Span.SPAN_KIND_CONSUMER]


def _links_to(received: Received, trace_id: str) -> list[Span.Link]:
    links = [link for span in _batches(received) for link in span.links]
    return [link for link in links if link.trace_id.hex() == trace_id]


def _put_stock(stream: Stream, *ages: timedelta) -> None:
    updates = [
        {
            "id_produto": "p-old",
            "id_armazem": str(uuid4()),
            "nivel_estoque": 3,
            "ultima_atualizacao": (datetime.now(UTC) - age).isoformat(),
        }
        for age in ages
    ]
    stream.put(encoded(updates), topic=TOPIC_ESTOQUE)


def _ages(received: Received, service: str, metric: str) -> dict[str, tuple[int, float]]:
    """By topic, how many were counted, and their sum."""
    found = received.newest(service, metric)
    points = found.histogram.data_points if found else ()
    return {str(attributes(p.attributes)["topic"]): (p.count, p.sum) for p in points}


def _counted(received: Received, service: str, metric: str) -> dict[str, int]:
    return {topic: count for topic, (count, _) in _ages(received, service, metric).items()}


def _n_valid(report: AuditReport) -> Counter[str]:
    found: Counter[str] = Counter()
    for sums in report.partitions:
        found[sums.topic] += sums.n_read - sums.n_dead
    return found


@pytest.mark.timeout(600)
def test_an_event_is_followed_from_its_post_to_the_memory_of_the_api(
    stream: Stream, received: Received
) -> None:
    before = _n_valid(audit(stream.warehouse))
    crowd = [f"{number:032x}" for number in range(1, 3 * MOST_TRACES)]
    for trace_id in crowd:
        _put(stream, {"traceparent": f"00-{trace_id}-{CALLER}-01".encode()})
    _put(stream, {"traceparent": b"\xff" * 55, "other": None})
    _put(stream, {})
    _put_stock(stream, timedelta(0), timedelta(hours=2))
    _start_all(stream, received)
    stream.drain()
    followed = _post(stream, f"00-{TRACE}-{CALLER}-01")
    _post(stream, f"00-{UNSAMPLED}-{CALLER}-00")
    after = stream.drain()
    assert after.exact, after.problems

    wait_until(lambda: _links_to(received, TRACE), "the batch of the event", seconds=30)
    [link] = _links_to(received, TRACE)
    [post] = [span for span in received.spans_of(PRODUCER) if span.name == "POST /eventos"]
    assert (post.trace_id.hex(), post.parent_span_id.hex()) == (TRACE, CALLER)
    assert link.span_id == post.span_id
    place = "SELECT kafka_partition, kafka_offset FROM eventos_clientes WHERE id_evento = %s"
    [(partition, offset)] = stream.rows(place, (followed,))
    assert attributes(link.attributes) == {
        "messaging.destination.name": TOPIC_EVENTOS,
        "messaging.destination.partition.id": str(partition),
        "messaging.kafka.offset": offset,
    }
    assert not _links_to(received, UNSAMPLED)

    kept = [trace_id for trace_id in crowd if _links_to(received, trace_id)]
    assert kept == crowd[:MOST_TRACES]
    assert max(len(span.links) for span in _batches(received)) == MOST_TRACES

    written = _n_valid(after) - before
    assert set(written) == set(TOPICS)
    for place in ((STREAM, COMMITTED), (API, VISIBLE)):
        wait_until(
            lambda place=place: _counted(received, *place) == written,
            f"the age of every row: {place}",
            seconds=30,
        )
    visible = _ages(received, API, VISIBLE)
    for topic, (_, to_commit) in _ages(received, STREAM, COMMITTED).items():
        assert visible[topic][1] >= to_commit
    assert visible[TOPIC_ESTOQUE][1] == pytest.approx(2 * 3600, rel=0.1)

    assert "warehouse query begins" in [log.body.string_value for log in received.logs_of(STREAM)]
    assert received.logs_of(PRODUCER)
