"""Entry point of analytics-api: start the refreshers, and serve answers from memory."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from socket import socket
from zoneinfo import ZoneInfo

import uvicorn
import uvloop

from analytics_api import live_storage
from analytics_api.alert_storage import AlertSource
from analytics_api.app import create_app
from analytics_api.customer_access import CustomerAccess
from analytics_api.customer_storage import CustomerSource
from analytics_api.figures import Figures, Store
from analytics_api.history_storage import HistorySource
from analytics_api.history_tables import HistoryTables
from analytics_api.live_storage import LiveSource
from analytics_api.lost_sales_cache import LostSalesCache
from analytics_api.lost_sales_storage import LostSalesSource
from analytics_api.period_cache import PeriodCache
from analytics_api.quality_storage import QualitySource
from analytics_api.refresh import (
    AlertsRefresh,
    EndOffsetsRefresh,
    HistoryRefresh,
    MetricsRefresh,
    QualityRefresh,
    Refresh,
    SalesRefresh,
    keep_fresh,
    keep_publishing,
    utc_now,
)
from analytics_api.region_storage import RegionSource
from analytics_api.routers.memory import Memory
from analytics_api.sales import SalesColumns
from analytics_api.sales_storage import OldSalesSource, SalesSource
from analytics_api.settings import Settings
from analytics_api.visibility import freshness
from event_contracts.names import TOPICS
from service_runtime.http_edge import http_edge
from service_runtime.http_server import collect_garbage_seldom, http_options
from service_runtime.kafka import client_config
from service_runtime.logging import configure_logging
from service_runtime.telemetry import collects_metrics, configure_telemetry
from service_runtime.topic import Topic
from warehouse.connection import Warehouse

_GRACE_SECONDS = 5
_KAFKA_TIMEOUT_SECONDS = 2.0
_ALERTS_EVERY_SECONDS = 5.0
_QUALITY_EVERY_SECONDS = 60.0
_HISTORY_EVERY_SECONDS = 5.0


class Server(uvicorn.Server):
    """Ends the live streams before the server stops, since they would never end by themselves."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self._broadcast = memory.broadcast
        super().__init__(
            uvicorn.Config(
                http_edge(create_app(memory)),
                lifespan="off",
                timeout_graceful_shutdown=_GRACE_SECONDS,
                **http_options(settings),
            )
        )

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End the streams, then wait for the answers under way."""
        self._broadcast.close()
        await super().shutdown(sockets)


def _loops(settings: Settings, memory: Memory) -> list[Coroutine[None, None, None]]:
    figures = memory.figures
    mongo = live_storage.connect(settings)
    documents, regions = LiveSource(mongo, settings), RegionSource(mongo, settings)
    alerts = AlertSource(mongo, settings)
    warehouse = Warehouse(settings, application="analytics-api")
    sales = SalesSource(
        warehouse,
        timezone=settings.shop_timezone,
        most_cells=settings.sales_cells_in_memory,
        clock=utc_now,
    )
    quality = QualitySource(Warehouse(settings, application="analytics-api"))
    history = HistorySource(
        Warehouse(settings, application="analytics-api"), HistoryTables(figures.columns.cursor())
    )
    kafka = client_config(settings.kafka_bootstrap_servers, settings)
    topics = {name: Topic(kafka, name, timeout=_KAFKA_TIMEOUT_SECONDS) for name in TOPICS}

    def keep(refresh: Refresh, store: Store, every: float) -> Coroutine[None, None, None]:
        max_pause = settings.retry_max_seconds
        return keep_fresh(refresh, store, memory.publish, every=every, max_pause=max_pause)

    return [
        keep(
            SalesRefresh(sales, figures, measures=collects_metrics()),
            figures.warehouse,
            settings.refresh_seconds,
        ),
        keep(
            MetricsRefresh(documents, regions, figures), figures.mongodb, settings.refresh_seconds
        ),
        keep(AlertsRefresh(alerts, figures), figures.alert_store, _ALERTS_EVERY_SECONDS),
        keep(QualityRefresh(quality, figures), figures.quality_store, _QUALITY_EVERY_SECONDS),
        keep(HistoryRefresh(history, figures), figures.history_store, _HISTORY_EVERY_SECONDS),
        keep(EndOffsetsRefresh(topics, figures), figures.kafka, settings.kafka_refresh_seconds),
        keep_publishing(memory.publish, every=settings.refresh_seconds),
    ]


async def serve(settings: Settings) -> None:
    """Serve until a signal comes. If a refresher fails for another reason than its store, the
    process ends, so that no figures grow old unnoticed."""
    columns = SalesColumns(most_cells=settings.sales_cells_in_memory)
    figures = Figures(ZoneInfo(settings.shop_timezone), columns)
    old_sales = OldSalesSource(
        Warehouse(settings, application="analytics-api"), timezone=settings.shop_timezone
    )
    periods = PeriodCache(
        columns, old_sales.read, clock=utc_now, retry_seconds=settings.retry_max_seconds
    )
    lost_sales = LostSalesCache(
        LostSalesSource(Warehouse(settings, application="analytics-api"), clock=utc_now).read,
        clock=utc_now,
        retry_seconds=settings.retry_max_seconds,
    )
    customers = CustomerSource(settings)
    token = settings.customer_token
    access = CustomerAccess.of(
        None if token is None else token.get_secret_value(), listen_host=settings.listen_host
    )
    memory = Memory(
        figures, periods, lost_sales, clock=utc_now, read_customer=customers.read, access=access
    )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in _loops(settings, memory)]
        await Server(settings, memory).serve()
        for task in tasks:
            task.cancel()
        periods.close()
        lost_sales.close()


def main() -> None:
    """Build settings from the environment and run."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("analytics-api", counted=[freshness])
    collect_garbage_seldom()
    with suppress(KeyboardInterrupt):
        uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
