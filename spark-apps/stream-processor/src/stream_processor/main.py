"""Entry point: one Spark application, two queries, a health endpoint."""

import logging
import signal
import sys
from functools import partial
from threading import Event

from service_runtime.health import serve_health
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry
from stream_processor.metrics_query import start_metrics_query
from stream_processor.metrics_store import MetricsStore
from stream_processor.session import build_session
from stream_processor.settings import Settings
from stream_processor.supervision import SupervisedQuery
from stream_processor.warehouse_query import start_warehouse_query
from warehouse.connection import Warehouse

logger = logging.getLogger(__name__)

FENCED_EXIT = 3


def main() -> int:
    """Run until told to stop (0), another driver took over (3) or a query gave up (1)."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("stream-processor")
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    session = build_session(settings)
    warehouse, store = Warehouse(settings, application="stream-processor"), MetricsStore(settings)
    queries = [
        SupervisedQuery("warehouse", partial(start_warehouse_query, session, settings, warehouse)),
        SupervisedQuery("metrics", partial(start_metrics_query, session, settings, store)),
    ]

    def problem() -> str | None:
        return next((text for query in queries if (text := query.problem())), None)

    def dead() -> str | None:
        return next((f"{query.name} has ended" for query in queries if query.ended), None)

    for query in queries:
        query.start()
    serve_health(settings.health_host, settings.health_port, alive=dead, ready=problem)
    while not stopping.wait(1) and not any(query.ended for query in queries):
        continue
    for query in queries:
        query.stop()
    session.stop()
    if any(query.fenced for query in queries):
        return FENCED_EXIT
    return 0 if stopping.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
