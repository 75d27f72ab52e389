"""Answers requests that were asked before, in front of FastAPI, whose routing costs more CPU than
the rest of such an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_api.answers import EncodedAnswer, headers_of
from service_runtime.http_server import WRITTEN
from service_runtime.logging import request_id
from service_runtime.prepared import has_it
from service_runtime.security_headers import HEADERS

_KEPT: Final = 1024
_LONGEST: Final = 1024
"""Longer query strings and headers are not kept."""


class Asked(NamedTuple):
    """The parts of a request on which its answer depends, without its If-None-Match."""

    path: str
    query_string: bytes
    accept: bytes


@dataclass(frozen=True, slots=True)
class RepeatedRequest:
    """How to answer a request again that was valid before."""

    current: Callable[[], EncodedAnswer | None]
    """The newest answer; None if it must be made first."""
    age: Callable[[], float | None]
    route: Any
    """The route, for metrics per route."""


class RepeatedRequests:
    """The last different requests; lives on the event loop."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._requests: dict[Asked, RepeatedRequest] = {}

    def remember(
        self,
        scope: Scope,
        current: Callable[[], EncodedAnswer | None],
        age: Callable[[], float | None],
    ) -> None:
        """From now on answer the same request directly. Its query string was checked, so one with
        trackers is another request."""
        asked, _ = _read(scope)
        if asked is None or asked in self._requests:
            return
        if len(asked.query_string) + len(asked.accept) > _LONGEST:
            return
        while len(self._requests) >= self._kept:
            del self._requests[next(iter(self._requests))]
        self._requests[asked] = RepeatedRequest(current, age, scope.get("route"))

    def of(self, asked: Asked) -> RepeatedRequest | None:
        """How to answer this request again, if it is known."""
        return self._requests.get(asked)


class RepeatedRequestsFirst:
    """ASGI middleware: answers known requests itself and passes on all others."""

    def __init__(self, app: ASGIApp, requests: RepeatedRequests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            asked, if_none_match = _read(scope)
            request = None if asked is None else self._requests.of(asked)
            prepared = None if request is None else request.current()
            if request is not None and prepared is not None:
                scope["route"] = request.route
                await _send(scope, send, prepared, if_none_match, request.age())
                return
        await self._app(scope, receive, send)


async def _send(
    scope: Scope,
    send: Send,
    prepared: EncodedAnswer,
    if_none_match: bytes | None,
    age: float | None,
) -> None:
    has = if_none_match is not None and has_it(if_none_match.decode("latin-1"), prepared.etag)
    body = b"" if has else prepared.body
    extension = scope.get("extensions", {}).get(WRITTEN)
    if extension is None:
        headers = [*headers_of(prepared, has=has, age=age), *HEADERS]
        status = 304 if has else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    else:
        await extension["send"](_head(prepared, has=has, age=age), body)


def _head(prepared: EncodedAnswer, *, has: bool, age: float | None) -> bytes:
    head = prepared.head_of_304 if has else prepared.head
    told_age = b"" if age is None else b"age: %d\r\n" % age
    identity = request_id.get()
    told_id = b"" if identity is None else b"x-request-id: %b\r\n" % identity.encode()
    return head + told_age + told_id


def _read(scope: Scope) -> tuple[Asked | None, bytes | None]:
    """The request and its If-None-Match; None if one of the headers is repeated."""
    accept = if_none_match = None
    for name, value in scope["headers"]:
        if name == b"accept":
            if accept is not None:
                return None, None
            accept = value
        elif name == b"if-none-match":
            if if_none_match is not None:
                return None, None
            if_none_match = value
    return Asked(scope["path"], scope["query_string"], accept or b""), if_none_match
