"""Security headers of every answer: a page loads nothing from elsewhere and runs nothing inline."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS: Final = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def _headers(sources: Mapping[str, str], referrer_policy: str) -> tuple[tuple[bytes, bytes], ...]:
    policy = "; ".join(f"{name} {value}" for name, value in {**_POLICY, **sources}.items())
    return (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", referrer_policy.encode()),
        *_HEADERS,
    )


HEADERS: Final = _headers({}, "no-referrer")
"""The default headers, for answers that are sent in front of SecurityHeaders."""


class SecurityHeaders:
    """ASGI middleware that adds the headers and leaves bodies and streams alone."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sources: Mapping[str, str] = MappingProxyType({}),
        referrer_policy: str = "no-referrer",
    ) -> None:
        """`sources` replaces directives of the content security policy."""
        self._app = app
        self._headers = _headers(sources, referrer_policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to an HTTP answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)
