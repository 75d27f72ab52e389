"""What a collector gets: the way of an event from its POST to the memory of the API."""

from collections.abc import Iterator, Mapping
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.otlp import AT_ONCE, Received, attributes, otlp_receiver
from tests.support.stream import STREAM, Stream, encoded, event
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
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


def _points(received: Received, service: str, metric: str) -> list[HistogramDataPoint]:
    found = received.newest(service, metric)
    return list(found.histogram.data_points) if found else []


def _counted(received: Received) -> int:
    return sum(point.count for point in _points(received, STREAM, COMMITTED))


def _n_valid(report: AuditReport) -> int:
    return sum(sums.n_read - sums.n_dead for sums in report.partitions)


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
    wait_until(lambda: _counted(received) == written, "the age of every event", seconds=30)
    wait_until(lambda: _points(received, API, VISIBLE), "the age of a commit", seconds=30)
    assert {attributes(point.attributes)["topic"] for point in _points(received, API, VISIBLE)} == {
        TOPIC_EVENTOS
    }

    assert "warehouse query begins" in [log.body.string_value for log in received.logs_of(STREAM)]
    assert received.logs_of(PRODUCER)
