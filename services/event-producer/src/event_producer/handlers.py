"""The application: which path is answered by what, and the document that says so."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from event_producer import openapi, segment_openapi
from event_producer.answer import Answer, json_answer, problem_answer
from event_producer.dependencies import Dependencies
from event_producer.eventos import EventosEndpoint
from event_producer.origins import CrossOrigin
from event_producer.segment_endpoint import SEGMENT_PATHS, SegmentEndpoint
from event_producer.tracker import add_tracker
from service_runtime.redirects import redirect_relatively

PATH: Final = "/eventos"
_TELEMETRY: Final = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""FastAPI's own would make three spans of each request, and cost more than all else here."""


def create_app(dependencies: Dependencies) -> ASGIApp:
    """The application; what `dependencies.lifespan` starts lives as long as it serves."""
    endpoints: dict[str, ASGIApp] = {PATH: EventosEndpoint(dependencies)}
    endpoints |= dict.fromkeys(SEGMENT_PATHS, SegmentEndpoint(dependencies))
    return CrossOrigin(
        PostsFirst(endpoints, _documented(dependencies, endpoints)), dependencies.origins
    )


def _documented(dependencies: Dependencies, endpoints: Mapping[str, ASGIApp]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with dependencies.lifespan():
            yield

    app = FastAPI(
        title="event-producer",
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        telemetry=_TELEMETRY,
    )
    _add_routes(app, dependencies, endpoints)
    add_tracker(app)
    redirect_relatively(app.router)
    app.add_exception_handler(HTTPException, _on_http_exception)
    return app


def _add_routes(app: FastAPI, dependencies: Dependencies, endpoints: Mapping[str, ASGIApp]) -> None:
    app.router.routes += [Route(path, e, methods=["POST"]) for path, e in endpoints.items()]
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return _health(dependencies.alive())

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        return _health(dependencies.ready())


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=[])
    operations = {PATH: openapi.OPERATION, **segment_openapi.OPERATIONS}
    return document | {"paths": {path: {"post": each} for path, each in operations.items()}}


class PostsFirst:
    """The endpoints, by path, in front of the application that documents them: FastAPI's own way
    to an endpoint costs more CPU than all that the endpoint does with one event."""

    def __init__(self, endpoints: Mapping[str, ASGIApp], app: ASGIApp) -> None:
        self._endpoints = {path: ServerErrorMiddleware(e) for path, e in endpoints.items()}
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        endpoint = self._endpoints.get(scope["path"]) if is_post else None
        return (endpoint or self._app)(scope, receive, send)


def _health(trouble: str | None) -> Response:
    return _response(json_answer(503 if trouble else 200, {"status": trouble or "ok"}))


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    return _response(problem_answer(error.status_code, title, str(error.detail), headers))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = answer.headers
    return response
