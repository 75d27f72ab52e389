"""How the HTTP services run uvicorn."""

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service_runtime.settings import HttpSettings

_NEWEST: Final = "1.1"


def http_options(settings: HttpSettings) -> dict[str, Any]:
    """Options of `uvicorn.Config` that all have in common. What proxies say of the caller is not
    read: nothing here depends on its address or scheme, and redirects are relative."""
    return {
        "host": settings.listen_host,
        "port": settings.listen_port,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "http": HttpProtocol,
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's own, which would send chunks to HTTP/1.0 too, where nobody knows them."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] != _NEWEST:
            app = _CloseDelimited(app, cycle)  # type: ignore[assignment, arg-type]
        super()._start_asgi_task(cycle, app)


class _CloseDelimited:
    """An answer without a length ends where its connection does (RFC 9112, 6.3)."""

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle, has_length = self._cycle, False

        async def send_unchunked(message: Message) -> None:
            nonlocal has_length
            if message["type"] == "http.response.start":
                has_length = any(
                    name.lower() == b"content-length" for name, _ in message["headers"]
                )
                if not has_length:
                    cycle.chunked_encoding = False
            elif not has_length:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, send_unchunked)
