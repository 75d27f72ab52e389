"""The HTTP edge: parse, call one thing, answer."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from event_producer import openapi, segment_endpoint
from event_producer.answers import encode, problem_response, refused, unavailable
from event_producer.body import read_body
from event_producer.commit import GroupCommit
from event_producer.intake import take_in
from event_producer.metric_names import SPAN_POST
from event_producer.metrics import Metrics
from event_producer.origins import CrossOrigin, Origins
from event_producer.refusal import (
    RefusedError,
    UnavailableError,
    erros_of,
    repeated,
    wrong_parameter,
)
from event_producer.segment_endpoint import SegmentEndpoint
from event_producer.tracing import server_span, trace_headers
from service_runtime.query import repeated_parameters
from service_runtime.redirects import redirect_relatively

PATH: Final = "/eventos"
_TELEMETRY: Final = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""FastAPI's own would make three spans of each request, and cost more than all else here."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need; a check is None when all is well, else a sentence."""

    commit: GroupCommit
    metrics: Metrics
    new_id: Callable[[], UUID]
    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    running: Callable[[], AbstractAsyncContextManager[None]]
    origins: Origins


def create_app(door: Door) -> ASGIApp:
    """The application; what `door.running` starts lives as long as it serves."""
    endpoint, segment = EventosEndpoint(door), _segment(door)
    endpoints: dict[str, ASGIApp] = {
        PATH: endpoint,
        **dict.fromkeys(segment_endpoint.PATHS, segment),
    }
    return CrossOrigin(PostsFirst(endpoints, _documented(door, endpoint, segment)), door.origins)


def _segment(door: Door) -> SegmentEndpoint:
    return SegmentEndpoint(
        commit=door.commit, metrics=door.metrics, new_id=door.new_id, origins=door.origins
    )


def _documented(door: Door, endpoint: "EventosEndpoint", segment: SegmentEndpoint) -> FastAPI:
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
    _add_routes(app, door, endpoint)
    segment_endpoint.add_routes(app, segment)
    redirect_relatively(app.router)
    app.add_exception_handler(HTTPException, _on_http_exception)
    return app


def _add_routes(app: FastAPI, door: Door, endpoint: "EventosEndpoint") -> None:
    app.post(
        PATH,
        status_code=202,
        summary="Take events",
        description=openapi.DESCRIPTION,
        responses=openapi.RESPONSES,
        openapi_extra=openapi.OPERATION,
        response_class=Response,
    )(endpoint.answer)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return _health(door.alive())

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        return _health(door.ready())


class PostsFirst:
    """The documented endpoints, by path, in front of the application that documents them: FastAPI's
    own way to an endpoint costs more CPU than all that the endpoint does with one event."""

    def __init__(self, endpoints: Mapping[str, ASGIApp], app: ASGIApp) -> None:
        self._endpoints = {path: ServerErrorMiddleware(e) for path, e in endpoints.items()}
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        endpoint = self._endpoints.get(scope["path"]) if is_post else None
        await (endpoint or self._app)(scope, receive, send)


class EventosEndpoint:
    """`POST /eventos`, as an ASGI application."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self.answer(Request(scope, receive, send))
        except RefusedError as error:
            self._door.metrics.refused(e["motivo"] for e in error.members.get("erros", ()))
            response = refused(error)
        except UnavailableError as error:
            response = unavailable(error)
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """202 once the events are safe, or `RefusedError` or `UnavailableError`."""
        if names := repeated_parameters(request.scope["query_string"]):
            raise repeated(names)
        partial = _is_partial(request)
        body = await read_body(request, self._door.origins)
        with server_span(self._tracer, SPAN_POST, request):
            received_at, new_id = datetime.now(UTC), self._door.new_id
            headers = trace_headers()
            intake = take_in(
                body, received_at=received_at, headers=headers, new_id=new_id, partial=partial
            )
            await self._door.commit.submit(intake.messages)
        answer: dict[str, Any] = {"aceitos": len(intake.messages), "ids_gerados": intake.given_ids}
        if partial:
            answer["erros"] = erros = erros_of(intake.problems)
            self._door.metrics.refused(erro["motivo"] for erro in erros)
        return Response(encode(answer), 202, media_type="application/json")


def _is_partial(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    value = request.query_params.get("parcial", "false")
    if value not in ("true", "false"):
        raise wrong_parameter()
    return value == "true"


def _health(trouble: str | None) -> Response:
    status = 503 if trouble else 200
    return Response(encode({"status": trouble or "ok"}), status, media_type="application/json")


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    return problem_response(error.status_code, title, str(error.detail), error.headers)
