"""Entry point: one Spark application, two queries, a health endpoint."""

import logging
import signal
import sys
from collections.abc import Collection
from functools import partial
from threading import Event

from event_contracts.names import QUERY_FIGURES, QUERY_WAREHOUSE
from service_runtime.health import serve_health
from service_runtime.kafka import client_config
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry
from stream_processor.enrichment import Enrichment
from stream_processor.figures_query import start_figures_query
from stream_processor.figures_store import FiguresStore
from stream_processor.group_offsets import GroupOffsets
from stream_processor.profile_source import ProfileSource
from stream_processor.progress import freshness, report_running
from stream_processor.session import ScaledSession
from stream_processor.settings import Settings
from stream_processor.supervision import SupervisedQuery, first_problem
from stream_processor.warehouse_query import start_warehouse_query
from warehouse.connection import Warehouse

logger = logging.getLogger(__name__)

FENCED_EXIT = 3


def main() -> int:
    """Run until told to stop (0), another driver took over (3) or a query gave up (1)."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("stream-processor", counted=[freshness])
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    started: list[SupervisedQuery] = []
    _report_state(settings, started)
    scaled = ScaledSession(settings)
    session = scaled.session
    warehouse, store = Warehouse(settings, application="stream-processor"), FiguresStore(settings)
    enrichment = Enrichment(ProfileSource(settings), FiguresStore(settings))
    connection = client_config(settings.kafka_bootstrap_servers, settings)
    offsets = GroupOffsets(connection, settings.group_id)
    queries = [
        SupervisedQuery(
            QUERY_WAREHOUSE,
            partial(start_warehouse_query, session, settings, warehouse, offsets.commit_later),
        ),
        SupervisedQuery(
            QUERY_FIGURES, partial(start_figures_query, session, settings, store, enrichment)
        ),
    ]
    for query in queries:
        query.start()
    started += queries
    while not stopping.wait(1) and not any(query.ended for query in queries):
        continue
    for query in queries:
        query.stop()
    offsets.stop()
    enrichment.stop()
    scaled.stop()
    if any(query.fenced for query in queries):
        return FENCED_EXIT
    return 0 if stopping.is_set() else 1


def _report_state(settings: Settings, started: Collection[SupervisedQuery]) -> None:
    """Start the health endpoint and the gauge of running queries. While the session waits for
    its executors it is alive, and not ready."""

    def dead() -> str | None:
        return next((f"query {query.name} has ended" for query in started if query.ended), None)

    report_running(lambda: {query.name: query.problem() is None for query in started})
    serve_health(
        settings.health_host,
        settings.health_port,
        alive=dead,
        ready=lambda: first_problem(started),
    )


if __name__ == "__main__":
    sys.exit(main())
