"""What every HTTP service has: request ids, HEAD, and the routes of its health checks."""

import re
from collections.abc import Awaitable, Callable, Iterable
from random import getrandbits
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_runtime.health import Check, health_answer
from service_runtime.logging import request_id

REQUEST_ID: Final = "X-Request-ID"
_HEADER: Final = REQUEST_ID.lower().encode()
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._:=+/-]{1,128}")


def http_edge(app: ASGIApp) -> ASGIApp:
    """The application with request ids and with answers to HEAD."""
    return RequestIds(HeadAsGet(app))


def health_routes(*, alive: Check, ready: Check) -> list[Route]:
    """`/healthz` and `/readyz`, answered 200 or 503."""
    return [Route("/healthz", _answering(alive)), Route("/readyz", _answering(ready))]


def _answering(check: Check) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        status, body = health_answer(check())
        return Response(body, status, media_type="application/json")

    return answer


class RequestIds:
    """Gives each request an id, which its answer and all its log lines have: the caller's
    `X-Request-ID` if that is at most 128 letters, digits and `._:=+/-`, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The id stays set after the application failed, for the server's log line of the error;
        each request has a task of its own, and the id ends with it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = _given_id(scope["headers"]) or b"%032x" % getrandbits(128)
        request_id.set(identity.decode("ascii"))

        def send_with_id(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_HEADER, identity)]
            return send(message)

        await self._app(scope, receive, send_with_id)


def _given_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    given = dict(headers).get(_HEADER)
    return given if given and _WELL_FORMED.fullmatch(given) else None


class HeadAsGet:
    """Answers HEAD with the status and headers of GET, and without a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Send only the start of an answer that never ends, such as a stream: the server then
        reports the client as gone, and the application ends it."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return self._app(scope, receive, send)

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})

        return self._app({**scope, "method": "GET", "extensions": {}}, receive, send_head)
