"""Metrics of requests: their duration, and how many are active."""

from time import perf_counter
from typing import Any, Final

from opentelemetry import metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_api import metric_names as names

_METHODS: Final = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)


class RequestMetrics:
    """ASGI middleware. FastAPI's own metrics would miss what is answered in front of FastAPI."""

    def __init__(self, app: ASGIApp) -> None:
        meter = metrics.get_meter(names.METER)
        self._app = app
        self._seconds = meter.create_histogram(
            names.REQUEST_SECONDS, unit="s", explicit_bucket_boundaries_advisory=_BUCKETS
        )
        self._active = meter.create_up_down_counter(names.REQUESTS_ACTIVE, unit="{request}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure a request; a stream counts when it ends. The application gets no ASGI extensions,
        so that each answer begins with a message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "extensions": {}}
        status = 500
        method = scope["method"] if scope["method"] in _METHODS else names.OTHER_METHOD
        asked = {names.ATTRIBUTE_METHOD: method, names.ATTRIBUTE_SCHEME: scope["scheme"]}

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = perf_counter()
        self._active.add(1, asked)
        try:
            await self._app(scope, receive, send_seen)
        finally:
            self._active.add(-1, asked)
            self._seconds.record(perf_counter() - began, asked | _answer_attributes(scope, status))


def _answer_attributes(scope: Scope, status: int) -> dict[str, Any]:
    found: dict[str, Any] = {names.ATTRIBUTE_STATUS: status}
    route = getattr(scope.get("route"), "path", None)
    if route is not None:
        found[names.ATTRIBUTE_ROUTE] = route
    if status >= 500:
        found[names.ATTRIBUTE_ERROR] = str(status)
    return found
