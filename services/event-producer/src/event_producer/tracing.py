"""The trace of a request, from its caller and on to Kafka."""

from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.requests import Request

from event_producer.intake import Headers

_PROPAGATOR: Final = TraceContextTextMapPropagator()


def server_span(
    tracer: trace.Tracer, name: str, request: Request
) -> AbstractContextManager[trace.Span]:
    """A span of this name, below the caller's where it names one."""
    parent = _PROPAGATOR.extract(request.headers)
    return tracer.start_as_current_span(name, parent, trace.SpanKind.SERVER)


def trace_headers() -> Headers:
    """`traceparent` alone: `tracestate` is as long as a caller likes, and lies on each record."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if carrier else {}
