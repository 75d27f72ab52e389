"""The span of a micro-batch, with links to the traces of records in it.

Names and attributes follow OpenTelemetry's conventions for messaging:
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from stream_processor import metric_names as names
from stream_processor.staging_task import StagedPart
from stream_processor.traced_records import TRACEPARENT, TracedRecord, one_of_each_trace

_PROPAGATOR: Final = TraceContextTextMapPropagator()


def batch_span(parts: Sequence[StagedPart], *, began: datetime) -> AbstractContextManager[Span]:
    """Begins a trace. It starts when the batch did, not now: a sampler must see the links."""
    topics = sorted({part.topic for part in parts})
    attributes: dict[str, AttributeValue] = {
        names.ATTRIBUTE_SYSTEM: names.SYSTEM_KAFKA,
        names.ATTRIBUTE_OPERATION: names.SPAN_PROCESS,
        names.ATTRIBUTE_OPERATION_TYPE: names.SPAN_PROCESS,
        names.ATTRIBUTE_BATCH_SIZE: sum(part.n_valid + part.n_dead for part in parts),
    }
    name = names.SPAN_PROCESS
    if len(topics) == 1:
        attributes[names.ATTRIBUTE_DESTINATION] = topics[0]
        name = f"{name} {topics[0]}"
    return trace.get_tracer(names.METER).start_as_current_span(
        name,
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=links_to(record for part in parts for record in part.traced),
        start_time=int(began.timestamp() * 1e9),
    )


def links_to(records: Iterable[TracedRecord]) -> list[Link]:
    """A link to each trace, with the place of a record of it."""
    return [
        Link(
            context,
            {
                names.ATTRIBUTE_DESTINATION: record.topic,
                names.ATTRIBUTE_PARTITION: str(record.partition),
                names.ATTRIBUTE_OFFSET: record.offset,
            },
        )
        for record in one_of_each_trace(records)
        for context in [_context(record)]
        if context.is_valid
    ]


def _context(record: TracedRecord) -> trace.SpanContext:
    found = _PROPAGATOR.extract({TRACEPARENT: record.traceparent})
    return trace.get_current_span(found).get_span_context()
