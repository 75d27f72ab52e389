"""Entry point: build the shop from its seed, serve its page and its stock, write the profiles, send
events."""

import asyncio
import logging
import signal
from datetime import UTC, datetime

import uvloop
from pymongo import MongoClient

from event_contracts.names import TOPIC_EVENTOS
from service_runtime.kafka import client_config
from service_runtime.logging import configure_logging
from service_runtime.mongo_certificate import certificate_options
from service_runtime.telemetry import configure_telemetry
from shop_simulator.event_sender import CONNECTIONS, EventSender, Plan
from shop_simulator.export_thread import export_in_thread
from shop_simulator.fault_injection import FaultInjector
from shop_simulator.http_thread import serve_in_thread
from shop_simulator.live_sales import LiveSales
from shop_simulator.rhythm import SHOP_TIME, Pace
from shop_simulator.settings import Settings
from shop_simulator.shop_factory import build_fault_injector, build_shop, build_stock
from shop_simulator.stock_api import StockApi
from shop_simulator.storage import (
    KafkaBypass,
    ProducerClient,
    RecordFile,
    open_session,
    write_profiles,
)
from shop_simulator.storefront import create_app
from shop_simulator.visits import Shop

_log = logging.getLogger("shop_simulator")


async def serve(settings: Settings) -> None:
    """Send until SIGTERM, SIGINT or `max_events`."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    opened = asyncio.Event()
    shop = build_shop(settings.seed, customers=settings.customers)
    stock = build_stock(settings.seed, shop, clock=_now)
    site = create_app(
        shop,
        StockApi(stock, run=settings.run).routes(),
        producer=settings.public_producer_url,
        page=settings.public_page_url,
        alive=lambda: None,
        ready=lambda: None if opened.is_set() else "the shop is not open yet",
    )
    faults = build_fault_injector(settings, shop, stock)
    with serve_in_thread(site, settings):
        await _sell(settings, shop, faults, opened, stop)


def _now() -> datetime:
    return datetime.now(UTC)


async def _sell(
    settings: Settings,
    shop: Shop,
    faults: FaultInjector,
    opened: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    if settings.mongo_url:
        url, access = settings.mongo_url.get_secret_value(), certificate_options(settings)
        client = MongoClient[dict[str, object]](url, **access)
        await asyncio.to_thread(write_profiles, client, settings.mongo_database, shop.customers)
    record = RecordFile(settings.record_path)
    plan = Plan(settings.events_per_second, settings.batch_size, settings.max_events)
    pace = Pace(_now(), rate=settings.events_per_second, compression=settings.time_compression)
    sales = LiveSales(shop.customers) if settings.export_every_seconds else None
    async with open_session(CONNECTIONS) as session:
        sender = EventSender(
            plan,
            faults=faults,
            producer=ProducerClient(session, settings.event_producer_url),
            bypass=_bypass(settings),
            record=record,
            sales=sales,
            clock=_now,
        )
        opened.set()
        with export_in_thread(shop, settings, sales, today=_now().astimezone(SHOP_TIME).date()):
            await sender.run(pace, stop)
    record.close()
    _log.info("the shop is closed", extra={"sent": dict(sender.tally)})


def _bypass(settings: Settings) -> KafkaBypass | None:
    if not (servers := settings.kafka_bootstrap_servers):
        return None
    return KafkaBypass(client_config(servers, settings), topic=TOPIC_EVENTOS)


def main() -> None:
    """End with status 0 after a signal to stop, when the record is complete."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("shop-simulator")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
