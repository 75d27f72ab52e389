"""`POST /eventos`, as an ASGI application."""

from datetime import UTC, datetime

from opentelemetry import trace
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from event_producer.answer import Answer, json_answer, refused, send_answer, unavailable
from event_producer.body import read_body
from event_producer.dependencies import Dependencies
from event_producer.intake import Headers, take_in
from event_producer.metric_names import SPAN_POST
from event_producer.models import Aceite
from event_producer.refusal import (
    RefusedError,
    UnavailableError,
    erros_of,
    motivos_of,
    repeated,
    wrong_parameter,
)
from event_producer.tracing import UNTRACED, server_span, trace_headers
from service_runtime.query import repeated_parameters


class EventosEndpoint:
    """Answers 202 once the events are stored; else with a problem that confirms none of them."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except RefusedError as error:
            self._dependencies.metrics.refused(motivos_of(error.problems))
            answer = refused(error)
        except UnavailableError as error:
            answer = unavailable(error)
        await send_answer(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        partial = is_partial(scope["query_string"])
        headers = dict(scope["headers"])
        body = await read_body(headers, receive, self._dependencies.origins)
        if not (self._dependencies.traced or b"traceparent" in headers):
            return await self._take(body, UNTRACED, partial=partial)
        with server_span(self._tracer, SPAN_POST, headers):
            return await self._take(body, trace_headers(), partial=partial)

    async def _take(self, body: bytes, headers: Headers, *, partial: bool) -> Answer:
        intake = take_in(
            body,
            received_at=datetime.now(UTC),
            headers=headers,
            new_id=self._dependencies.new_id,
            partial=partial,
        )
        await self._dependencies.commit.submit(intake.messages)
        erros = {}
        if partial:
            erros = erros_of(intake.problems)
            self._dependencies.metrics.refused(motivos_of(intake.problems))
        return json_answer(202, Aceite(len(intake.messages), intake.given_ids, **erros))


def is_partial(query_string: bytes) -> bool:
    """Whether the good ones are to be taken without the others; `RefusedError` (400, 422) where the
    parameter is no boolean."""
    if not query_string:
        return False
    if names := repeated_parameters(query_string):
        raise repeated(names)
    value = QueryParams(query_string).get("parcial", "false")
    if value not in ("true", "false"):
        raise wrong_parameter()
    return value == "true"
