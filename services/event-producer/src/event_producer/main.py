"""Entry point: start the workers, each of which builds its stores and serves until SIGTERM."""

import logging
import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess
from threading import Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from event_producer.handlers import create_app
from event_producer.lifespan import build_dependencies
from event_producer.settings import Settings
from event_producer.worker_spool import divided, open_worker_spools
from service_runtime.errors import PermanentError
from service_runtime.http_edge import http_edge
from service_runtime.http_server import collect_garbage_seldom, http_options
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry

GRACE_SECONDS = 30
_log = logging.getLogger(__name__)


def create_worker() -> ASGIApp:
    """The application of one worker. If no spool can be opened, exit with the status after which
    uvicorn starts no other worker."""
    settings = Settings()
    configure_logging(settings.log_level)
    limits = divided(
        settings.spool_max_bytes,
        workers=settings.workers,
        takes_stock=settings.stock_token is not None,
    )
    try:
        spools = open_worker_spools(settings.spool_path, workers=settings.workers, limits=limits)
    except PermanentError as error:
        _log.critical("%s", error)
        sys.exit(STARTUP_FAILURE)
    configure_telemetry("event-producer", worker=spools.worker)
    if parent := multiprocessing.parent_process():
        Thread(target=_end_after, args=(parent,), daemon=True).start()
    app = http_edge(create_app(build_dependencies(settings, spools, on_end=_end)))
    collect_garbage_seldom()
    return app


def _end_after(parent: BaseProcess) -> None:
    """End with the parent process: an orphan would keep the port and its spool."""
    parent.join()
    _end()


def _end() -> None:
    """End this process once every open request is answered; its parent starts another."""
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve; SIGTERM ends it with status 0 once every open request is answered."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings()
    configure_logging(settings.log_level)
    uvicorn.run(
        "event_producer.main:create_worker",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        timeout_graceful_shutdown=GRACE_SECONDS,
        **http_options(settings),
    )


if __name__ == "__main__":
    main()
