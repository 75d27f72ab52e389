"""The HTTP edge: parse, call one thing, answer."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from event_producer import openapi
from event_producer.body import read_body
from event_producer.commit import GroupCommit
from event_producer.intake import Headers, take_in
from event_producer.metric_names import SPAN_POST
from event_producer.metrics import Metrics
from event_producer.refusal import RETRY_AFTER_SECONDS, RefusedError, UnavailableError
from service_runtime.problem import PROBLEM_JSON, problem

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_TELEMETRY: Final = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""FastAPI's own would make three spans of each request, and cost more than all else here."""
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need; a check is None when all is well, else a sentence."""

    commit: GroupCommit
    metrics: Metrics
    new_id: Callable[[], UUID]
    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    running: Callable[[], AbstractAsyncContextManager[None]]


def create_app(door: Door) -> FastAPI:
    """The application; what `door.running` starts lives as long as it serves."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with door.running():
            yield

    app = FastAPI(
        title="event-producer",
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        telemetry=_TELEMETRY,
    )
    _add_routes(app, door)
    app.add_exception_handler(RefusedError, _on_refusal(door.metrics))
    app.add_exception_handler(UnavailableError, _on_unavailable)
    app.add_exception_handler(HTTPException, _on_http_exception)
    return app


def _add_routes(app: FastAPI, door: Door) -> None:
    endpoint = EventosEndpoint(door)
    app.post(
        "/eventos",
        status_code=202,
        summary="Take events",
        description=openapi.DESCRIPTION,
        responses=openapi.RESPONSES,
        openapi_extra=openapi.OPERATION,
        response_class=Response,
    )(endpoint.answer)
    # The documented route in front of itself: FastAPI's own way to an endpoint costs more CPU
    # than all that the endpoint does with one event.
    app.router.routes.insert(0, Route("/eventos", endpoint, methods=["POST"]))

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return _health(door.alive())

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        return _health(door.ready())


class EventosEndpoint:
    """`POST /eventos`, as an ASGI application."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """202 once the events are safe, or `RefusedError` or `UnavailableError`."""
        body = await read_body(request)
        parent = _PROPAGATOR.extract(request.headers)
        with self._tracer.start_as_current_span(SPAN_POST, parent, trace.SpanKind.SERVER):
            received_at, new_id = datetime.now(UTC), self._door.new_id
            headers = _trace_headers()
            intake = take_in(body, received_at=received_at, headers=headers, new_id=new_id)
            await self._door.commit.submit(intake.messages)
        answer = {"aceitos": len(intake.messages), "ids_gerados": intake.given_ids}
        return Response(_encode(answer), 202, media_type="application/json")


def _trace_headers() -> Headers:
    """`traceparent` alone: `tracestate` is as long as a caller likes, and lies on each record."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return {"traceparent": carrier["traceparent"]} if carrier else {}


def _health(trouble: str | None) -> Response:
    status = 503 if trouble else 200
    return Response(_encode({"status": trouble or "ok"}), status, media_type="application/json")


def _problem_response(
    status: int, title: str, detail: str, headers: Any = None, **members: Any
) -> Response:
    document = problem(status, title, detail=detail, **members)
    return Response(_encode(document), status, headers=headers, media_type=PROBLEM_JSON)


def _on_refusal(metrics: Metrics) -> Callable[[Request, Exception], Response]:
    def handle(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)
        metrics.refused(erro["motivo"] for erro in error.members.get("erros", ()))
        return _problem_response(error.status, error.title, error.detail, **error.members)

    return handle


def _on_unavailable(_request: Request, error: Exception) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return _problem_response(503, "Unavailable", str(error), headers)


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    return _problem_response(error.status_code, title, str(error.detail), error.headers)
