"""The application: its routes, one memory, and a cache of recent answers in front of them."""

from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from analytics_api.problems import Problema, install_problems
from analytics_api.repeated_requests import RepeatedRequestsFirst
from analytics_api.request_metrics import RequestMetrics
from analytics_api.routers import (
    customers,
    health,
    history,
    live,
    pages,
    pipeline,
    products,
    quality,
    reconciled,
    regions,
    sales,
    stock,
)
from analytics_api.routers.memory import Memory
from service_runtime.redirects import redirect_relatively
from service_runtime.security_headers import SecurityHeaders
from service_runtime.telemetry import collects_metrics

_TELEMETRY: Final = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""FastAPI's own telemetry would make three spans of each request."""


def create_app(memory: Memory) -> ASGIApp:
    """The application over a memory; the caller must fill the memory."""
    app = RepeatedRequestsFirst(SecurityHeaders(_documented(memory)), memory.repeated_requests)
    return RequestMetrics(app) if collects_metrics() else app


def _documented(memory: Memory) -> FastAPI:
    app = FastAPI(
        title="Vitrine",
        summary="O que vende, agora e no período, a partir da memória.",
        version=version("analytics-api"),
        docs_url=None,
        redoc_url=None,
        telemetry=_TELEMETRY,
    )
    app.state.memory = memory
    install_problems(app)
    redirect_relatively(app.router)
    past = (sales, history, reconciled, quality)
    present = (products, stock, live, regions, customers, pipeline)
    for module in (*past, *present, health, pages):
        app.include_router(module.router)
    document = _openapi(app)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document with our form of errors in place of its own."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problema.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problema"] = problem
    return document
