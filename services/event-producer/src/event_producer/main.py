"""Entry point: build the stores, wire them to the HTTP edge, serve until SIGTERM."""

import signal
import sys

import uvicorn

from event_producer.handlers import create_app
from event_producer.running import build_door
from event_producer.settings import Settings
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
        create_app(build_door(settings)),
        host=settings.listen_host,
        port=settings.listen_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
