"""The uvicorn options and the HTTP protocol class of all services."""

import gc
from functools import partial
from typing import Any, Final
from weakref import proxy

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service_runtime.request_head import BoundedHead
from service_runtime.settings import HttpSettings

_NEWEST: Final = "1.1"
_OBJECTS_PER_COLLECTION: Final = 50_000
WRITTEN: Final = "vitrine.http.response.written"
"""An extension of ASGI: `await scope["extensions"][WRITTEN]["send"](head, body)` in place of the
two messages of an answer. `head` is the status line and the header lines as they go over the wire,
but for `Date`, `Connection` and the end. Uvicorn looks at each header again and writes head and
body one after the other, which costs more than all else in a small answer."""


def http_options(settings: HttpSettings) -> dict[str, Any]:
    """Options of `uvicorn.Config` for all services. Headers of proxies about the caller are
    ignored: nothing here depends on its address or scheme, and redirects are relative."""
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


def collect_garbage_seldom() -> None:
    """Call once, after all imports: freezes the present objects, and makes garbage collection rare,
    since requests leave few cycles behind. At Python's default it takes a seventh of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_PER_COLLECTION)


class HttpProtocol(BoundedHead):
    """Uvicorn's protocol, but with bounds for the head of a request, and without chunked answers to
    HTTP/1.0, which does not know them."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] == _NEWEST:
            # Were it to hold the cycle, which holds the scope, only the garbage collector would
            # free a request, for 40 % of the CPU of small answers.
            send = partial(_send_written, proxy(cycle))
            cycle.scope["extensions"] = {WRITTEN: {"send": send}}
        else:
            app = _CloseDelimited(app, cycle)  # type: ignore[assignment, arg-type]
        super()._start_asgi_task(cycle, app)


async def _send_written(cycle: RequestResponseCycle, head: bytes, body: bytes) -> None:
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    own = [b"%b: %b\r\n" % header for header in cycle.default_headers]
    if not cycle.keep_alive:
        own.append(b"connection: close\r\n")
    cycle.transport.write(b"".join((head, *own, b"\r\n", body)))
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.chunked_encoding = False
    await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})


class _CloseDelimited:
    """Sends an answer without a length up to the end of its connection (RFC 9112, 6.3)."""

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
                # uvicorn counts the body's bytes against this number
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, send_unchunked)
