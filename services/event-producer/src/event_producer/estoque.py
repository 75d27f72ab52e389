"""`POST /estoque`, as an ASGI application."""

from datetime import UTC, datetime

from opentelemetry import trace
from starlette.types import Receive, Scope, Send

from event_producer.answer import Answer, json_answer, refused, send_answer, unavailable
from event_producer.body import read_body
from event_producer.dependencies import Dependencies, StockDependencies
from event_producer.eventos import is_partial
from event_producer.intake import Headers
from event_producer.metric_names import SPAN_STOCK
from event_producer.models import AceiteEstoque
from event_producer.refusal import (
    RefusedError,
    UnavailableError,
    erros_of,
    motivos_of,
    stock_not_accepted,
)
from event_producer.stock_callers import check_token, refuse_pages
from event_producer.stock_intake import take_in_stock
from event_producer.tracing import UNTRACED, server_span, trace_headers


class EstoqueEndpoint:
    """Answers 202 once the stock updates are stored; else with a problem that confirms none.

    Without `dependencies.stock` it takes none.
    """

    def __init__(self, dependencies: Dependencies) -> None:
        self._stock = dependencies.stock
        self._origins = dependencies.origins
        self._traced = dependencies.traced
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except RefusedError as error:
            if self._stock:
                self._stock.metrics.refused(motivos_of(error.problems))
            answer = refused(error)
        except UnavailableError as error:
            answer = unavailable(error)
        await send_answer(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers = dict(scope["headers"])
        refuse_pages(headers)
        if self._stock is None:
            raise stock_not_accepted()
        check_token(headers, token=self._stock.token)
        partial = is_partial(scope["query_string"])
        body = await read_body(headers, receive, self._origins)
        if not (self._traced or b"traceparent" in headers):
            return await _take(self._stock, body, UNTRACED, partial=partial)
        with server_span(self._tracer, SPAN_STOCK, headers):
            return await _take(self._stock, body, trace_headers(), partial=partial)


async def _take(
    stock: StockDependencies, body: bytes, headers: Headers, *, partial: bool
) -> Answer:
    received_at = datetime.now(UTC)
    intake = take_in_stock(body, received_at=received_at, headers=headers, partial=partial)
    await stock.commit.submit(intake.messages)
    erros = erros_of(intake.problems) if partial else {}
    stock.metrics.refused(motivos_of(intake.problems))
    return json_answer(202, AceiteEstoque(len(intake.messages), **erros))
