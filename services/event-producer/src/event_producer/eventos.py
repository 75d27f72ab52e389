"""`POST /eventos`, as an ASGI application."""

from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from event_producer.answer import Answer, json_answer, refused, send_answer, unavailable
from event_producer.body import read_body
from event_producer.door import Door
from event_producer.intake import Headers, take_in
from event_producer.metric_names import SPAN_POST
from event_producer.refusal import (
    RefusedError,
    UnavailableError,
    erros_of,
    repeated,
    wrong_parameter,
)
from service_runtime.query import repeated_parameters

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_UNTRACED: Final[Headers] = {}


class EventosEndpoint:
    """202 once the events are safe; else a problem, and none of them is claimed."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except RefusedError as error:
            self._door.metrics.refused(e["motivo"] for e in error.members.get("erros", ()))
            answer = refused(error)
        except UnavailableError as error:
            answer = unavailable(error)
        await send_answer(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        partial = _is_partial(scope["query_string"])
        headers = dict(scope["headers"])
        body = await read_body(headers, receive, self._door.origins)
        if not (self._door.traced or b"traceparent" in headers):
            return await self._take(body, _UNTRACED, partial=partial)
        parent = _PROPAGATOR.extract(_trace_headers_of(headers))
        with self._tracer.start_as_current_span(SPAN_POST, parent, trace.SpanKind.SERVER):
            return await self._take(body, _trace_headers(), partial=partial)

    async def _take(self, body: bytes, headers: Headers, *, partial: bool) -> Answer:
        intake = take_in(
            body,
            received_at=datetime.now(UTC),
            headers=headers,
            new_id=self._door.new_id,
            partial=partial,
        )
        await self._door.commit.submit(intake.messages)
        answer: dict[str, Any] = {"aceitos": len(intake.messages), "ids_gerados": intake.given_ids}
        if partial:
            answer["erros"] = erros = erros_of(intake.problems)
            self._door.metrics.refused(erro["motivo"] for erro in erros)
        return json_answer(202, answer)


def _is_partial(query_string: bytes) -> bool:
    if not query_string:
        return False
    if names := repeated_parameters(query_string):
        raise repeated(names)
    value = QueryParams(query_string).get("parcial", "false")
    if value not in ("true", "false"):
        raise wrong_parameter()
    return value == "true"


def _trace_headers_of(headers: dict[bytes, bytes]) -> dict[str, str]:
    names = (b"traceparent", b"tracestate")
    return {n.decode(): headers[n].decode("latin-1") for n in names if n in headers}


def _trace_headers() -> Headers:
    """`traceparent` alone: `tracestate` is as long as a caller likes, and lies on each record."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if carrier else {}
