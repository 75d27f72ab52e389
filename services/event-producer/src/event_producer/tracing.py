"""The trace of a request, from its caller and on to Kafka."""

from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from event_producer.intake import Headers

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_CARRIED: Final = (b"traceparent", b"tracestate")
UNTRACED: Final[Headers] = {}
"""Of a record whose request has no span."""


def server_span(
    tracer: trace.Tracer, name: str, headers: dict[bytes, bytes]
) -> AbstractContextManager[trace.Span]:
    """A span of this name, below the caller's where the request's headers name one."""
    carrier = {n.decode(): headers[n].decode("latin-1") for n in _CARRIED if n in headers}
    return tracer.start_as_current_span(name, _PROPAGATOR.extract(carrier), trace.SpanKind.SERVER)


def trace_headers() -> Headers:
    """`traceparent` alone: `tracestate` is as long as a caller likes, and lies on each record."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if carrier else {}
