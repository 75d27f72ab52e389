"""The span of a micro-batch, and what it is linked to."""

from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.semconv._incubating.attributes import messaging_attributes as conventions
from opentelemetry.trace import SpanKind, StatusCode

from service_runtime.link_sampler import LinkSampler
from stream_processor import batch_span as module
from stream_processor.batch_span import batch_span
from stream_processor.staging_task import StagedPart

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACED = StagedPart(
    "eventos",
    2,
    n_valid=3,
    n_dead=1,
    traced_offsets=[9],
    traceparents=[f"00-{TRACE}-{'a' * 16}-01"],
)
UNTRACED = StagedPart("estoque", 0, n_valid=5, n_dead=0)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=LinkSampler(ALWAYS_OFF))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(module.trace, "get_tracer", provider.get_tracer)
    return exporter


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


def test_it_has_the_names_of_the_conventions_and_begins_with_the_batch(
    exported: InMemorySpanExporter,
) -> None:
    with batch_span([TRACED, UNTRACED], began=BEGAN):
        pass
    span = only(exported)
    assert (span.name, span.kind, span.parent) == ("process", SpanKind.CONSUMER, None)
    assert span.start_time == int(BEGAN.timestamp()) * 1_000_000_000
    assert span.attributes == {
        conventions.MESSAGING_SYSTEM: "kafka",
        conventions.MESSAGING_OPERATION_NAME: "process",
        conventions.MESSAGING_OPERATION_TYPE: "process",
        conventions.MESSAGING_BATCH_MESSAGE_COUNT: 9,
    }
    [link] = span.links
    assert format(link.context.trace_id, "032x") == TRACE
    assert link.attributes == {
        conventions.MESSAGING_DESTINATION_NAME: "eventos",
        conventions.MESSAGING_DESTINATION_PARTITION_ID: "2",
        conventions.MESSAGING_KAFKA_OFFSET: 9,
    }


def test_a_batch_of_one_topic_is_named_after_it(exported: InMemorySpanExporter) -> None:
    with batch_span([TRACED], began=BEGAN):
        pass
    span = only(exported)
    assert span.name == "process eventos"
    assert (span.attributes or {})[conventions.MESSAGING_DESTINATION_NAME] == "eventos"


def test_a_failed_batch_says_so(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="refused"), batch_span([TRACED], began=BEGAN):
        raise ValueError("refused")
    assert only(exported).status.status_code is StatusCode.ERROR


def test_without_a_sampled_trace_the_sampler_of_the_process_decides(
    exported: InMemorySpanExporter,
) -> None:
    with batch_span([UNTRACED], began=BEGAN) as span:
        assert not span.is_recording()
    assert exported.get_finished_spans() == ()


def test_a_trace_that_cannot_exist_is_no_link(exported: InMemorySpanExporter) -> None:
    nil = StagedPart(
        "eventos",
        0,
        n_valid=1,
        n_dead=0,
        traced_offsets=[1],
        traceparents=[f"00-{'0' * 32}-{'a' * 16}-01"],
    )
    with batch_span([TRACED, nil], began=BEGAN):
        pass
    assert len(only(exported).links) == 1
    assert trace.get_current_span() is trace.INVALID_SPAN
