"""Entry point: build the stores, wire them to the HTTP edge, serve until SIGTERM."""

import signal
import sys

import uvicorn

from event_producer.handlers import create_app
from event_producer.running import build_door
from event_producer.settings import Settings
from service_runtime.http_edge import http_edge
from service_runtime.http_server import http_options
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry

GRACE_SECONDS = 30


def main() -> None:
    """Serve; SIGTERM ends it with status 0 once every open request is answered."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("event-producer")
    uvicorn.run(
        http_edge(create_app(build_door(settings))),
        loop="uvloop",
        timeout_graceful_shutdown=GRACE_SECONDS,
        **http_options(settings),
    )


if __name__ == "__main__":
    main()
