"""Passes the trace of a request from its caller on to Kafka."""

from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from event_producer.intake import Headers

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_CARRIED: Final = (b"traceparent", b"tracestate")
UNTRACED: Final[Headers] = {}
"""The headers of a record whose request has no span."""


def server_span(
    tracer: trace.Tracer, name: str, headers: dict[bytes, bytes]
) -> AbstractContextManager[trace.Span]:
    """A span of this name, as a child of the caller's span if the headers name one."""
    carrier = {n.decode(): headers[n].decode("latin-1") for n in _CARRIED if n in headers}
    return tracer.start_as_current_span(name, _PROPAGATOR.extract(carrier), trace.SpanKind.SERVER)


def trace_headers() -> Headers:
    """The current span as `traceparent`. `tracestate` is left out: each record would carry it,
    and a caller may make it long."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if carrier else {}
