"""The application: the route of each path, and the OpenAPI document that describes them."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from event_producer import estoque_openapi
from event_producer.answer import Answer, problem_answer, send_answer
from event_producer.dependencies import Dependencies
from event_producer.estoque import EstoqueEndpoint
from event_producer.eventos import EventosEndpoint
from event_producer.eventos_openapi import PATH
from event_producer.openapi import openapi_document
from event_producer.origins import CrossOrigin
from event_producer.segment_endpoint import SEGMENT_PATHS, SegmentEndpoint
from event_producer.tracker import tracker_routes
from service_runtime.http_edge import health_routes
from service_runtime.redirects import redirect_relatively


def create_app(dependencies: Dependencies) -> ASGIApp:
    """The application; `dependencies.lifespan` is entered for as long as it serves."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with dependencies.lifespan():
            yield

    app = Starlette(
        routes=[
            *health_routes(alive=dependencies.alive, ready=dependencies.ready),
            *tracker_routes(),
            Route("/openapi.json", _openapi),
            Route("/docs", _docs),
        ],
        exception_handlers={HTTPException: _on_http_exception},
        lifespan=lifespan,
    )
    redirect_relatively(app.router)
    endpoints: dict[str, ASGIApp] = dict.fromkeys((PATH, f"{PATH}/"), EventosEndpoint(dependencies))
    endpoints |= dict.fromkeys(SEGMENT_PATHS, SegmentEndpoint(dependencies))
    paths = (estoque_openapi.PATH, estoque_openapi.PUBLIC_PATH)
    both = (*paths, *(f"{path}/" for path in paths))
    stock = dict.fromkeys(both, EstoqueEndpoint(dependencies))
    routes = PostRoutes(endpoints | stock, app)
    return CrossOrigin(routes, dependencies.origins, closed=stock.keys())


class PostRoutes:
    """Routes POST requests to the endpoint of their path, and every other path to `app`.

    Starlette's own routing would cost half as much CPU as the endpoint spends on one event.
    """

    def __init__(self, endpoints: Mapping[str, ASGIApp], app: ASGIApp) -> None:
        self._endpoints = {path: ServerErrorMiddleware(e) for path, e in endpoints.items()}
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """405 for another method on the path of an endpoint."""
        endpoint = self._endpoints.get(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None:
            return self._app(scope, receive, send)
        if scope["method"] != "POST":
            return send_answer(
                send, _http_problem(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
            )
        return endpoint(scope, receive, send)


async def _openapi(_request: Request) -> Response:
    return JSONResponse(openapi_document())


async def _docs(_request: Request) -> Response:
    return get_swagger_ui_html(openapi_url="/openapi.json", title="event-producer")


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _http_problem(HTTPStatus(error.status_code), error.headers or {})
    response = Response(answer.body, answer.status)
    response.raw_headers = answer.headers
    return response


def _http_problem(status: HTTPStatus, headers: Mapping[str, str]) -> Answer:
    return problem_answer(status.value, status.phrase, status.phrase, headers)
