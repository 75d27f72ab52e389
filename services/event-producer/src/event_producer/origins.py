"""Which pages may send events: CORS (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import Final, Self

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = "loopback"
_ANY: Final = "*"
_LOOPBACK: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")
_ORIGIN: Final = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/?#@\s,*A-Z]+")
_PREFLIGHT_SECONDS: Final = 7200
"""The longest that Chromium keeps a preflight's answer."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins whose pages may send events and read the answers."""

    named: frozenset[str]
    any: bool
    loopback: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """From names separated by commas. Raises ValueError for what no browser would send."""
        names = frozenset(name for part in text.split(",") if (name := part.strip()))
        named = names - {_ANY, LOOPBACK}
        for name in sorted(named):
            if not _ORIGIN.fullmatch(name):
                raise ValueError(f"{name!r} is not an origin such as https://loja.example")
        return cls(named, any=_ANY in names, loopback=LOOPBACK in names)

    def allow(self, origin: str) -> bool:
        """Whether a page of this origin is one of them."""
        is_loopback = self.loopback and _LOOPBACK.fullmatch(origin) is not None
        return self.any or is_loopback or origin in self.named


class CrossOrigin:
    """Answers browsers' preflights, and lets allowed pages read the answers.

    A POST of something other than a browser's page takes no part in it: no cache keeps the
    answer to a POST, so that it needs no `Vary: Origin` either. Nor does a path of `closed`,
    whatever sends the request.
    """

    def __init__(
        self, app: ASGIApp, origins: Origins, *, closed: Collection[str] = frozenset()
    ) -> None:
        self._app = app
        self._closed = closed
        self._cors = CORSMiddleware(
            app,
            allow_origins=[_ANY] if origins.any else origins.named,
            allow_origin_regex=_LOOPBACK.pattern if origins.loopback else None,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=[
                "Authorization",
                "Content-Encoding",
                "Content-Type",
                "traceparent",
                "tracestate",
                "X-Request-ID",
                "X-Retry-Count",
            ],
            # A beacon is always sent with credentials, and fails where they are not allowed.
            allow_credentials=True,
            expose_headers=["Retry-After", "X-Request-ID"],
            max_age=_PREFLIGHT_SECONDS,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As the application, with the headers of CORS."""
        if scope["type"] == "http" and (scope["method"] != "POST" or _names_origin(scope)):
            app = self._app if scope["path"] in self._closed else self._cors
            return app(scope, receive, send)
        return self._app(scope, receive, send)


def _names_origin(scope: Scope) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])
