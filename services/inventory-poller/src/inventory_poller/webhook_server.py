"""The HTTP server for webhooks, in the event loop that polls."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from inventory_poller.settings import Settings
from service_runtime.errors import PermanentError
from service_runtime.http_edge import http_edge
from service_runtime.http_server import http_options
from service_runtime.settings import HttpSettings

_GRACE_SECONDS: Final = 2
_MOST_CONNECTIONS: Final = 100
"""Each may hold a body, in a pod whose memory is for the stock. Further ones are answered 503."""


class WebhookServer(uvicorn.Server):
    """Listens from the beginning: PermanentError where the address cannot be had."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        where = HttpSettings(
            listen_host=settings.webhook_host,
            listen_port=settings.webhook_port,
            keep_alive_seconds=settings.keep_alive_seconds,
        )
        config = uvicorn.Config(
            http_edge(app),
            lifespan="off",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            **http_options(where),
        )
        super().__init__(config)
        self._socket = _listen(settings.webhook_host, settings.webhook_port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They end the whole process, not this server alone."""
        yield

    async def run_until_cancelled(self) -> None:
        """Serve; when cancelled, answer what is open before it returns."""
        serving = asyncio.create_task(self.serve([self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self.should_exit = True
            await serving


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise PermanentError(f"cannot listen on {host}:{port}: {error}") from error
