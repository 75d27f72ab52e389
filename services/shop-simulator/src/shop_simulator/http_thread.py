"""The shop's HTTP server, in a thread of its own, so that sending events never delays an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from service_runtime.http_edge import http_edge
from service_runtime.http_server import http_options
from service_runtime.settings import HttpSettings

_GRACE_SECONDS: Final = 2


@contextmanager
def serve_in_thread(app: ASGIApp, settings: HttpSettings) -> Iterator[None]:
    """Serve while the context is open. SystemExit where the address cannot be taken."""
    config = uvicorn.Config(
        http_edge(app),
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **http_options(settings),
    )
    server, listening = uvicorn.Server(config), config.bind_socket()
    thread = Thread(target=server.run, args=([listening],), name="storefront")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
