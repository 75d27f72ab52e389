"""Entry point: build the shop from its seed, serve its page, write the profiles, open until told to
stop."""

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
from shop_simulator.opening import build_mischief, build_shop
from shop_simulator.rhythm import Pace
from shop_simulator.running import CONNECTIONS, OpenShop, Plan
from shop_simulator.serving import serving
from shop_simulator.settings import Settings
from shop_simulator.storage import Door, OldTill, RecordFile, open_session, write_profiles
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
    storefront = create_app(
        shop,
        producer=settings.public_producer_url,
        page=settings.public_page_url,
        alive=lambda: None,
        ready=lambda: None if opened.is_set() else "the shop is not open yet",
    )
    with serving(storefront, settings):
        await _sell(settings, shop, opened, stop)


async def _sell(settings: Settings, shop: Shop, opened: asyncio.Event, stop: asyncio.Event) -> None:
    if settings.mongo_url:
        url, access = settings.mongo_url.get_secret_value(), certificate_options(settings)
        client = MongoClient[dict[str, object]](url, **access)
        await asyncio.to_thread(write_profiles, client, settings.mongo_database, shop.customers)
    record = RecordFile(settings.record_path)
    plan = Plan(settings.events_per_second, settings.batch_size, settings.max_events)
    pace = Pace(
        datetime.now(UTC), rate=settings.events_per_second, compression=settings.time_compression
    )
    async with open_session(CONNECTIONS) as session:
        open_shop = OpenShop(
            plan,
            mischief=build_mischief(settings, shop),
            door=Door(session, settings.event_producer_url),
            till=_till(settings),
            record=record,
            clock=lambda: datetime.now(UTC),
        )
        opened.set()
        await open_shop.run(pace, stop)
    record.close()
    _log.info("the shop is closed", extra={"sent": dict(open_shop.tally)})


def _till(settings: Settings) -> OldTill | None:
    if not (servers := settings.kafka_bootstrap_servers):
        return None
    return OldTill(client_config(servers, settings), topic=TOPIC_EVENTOS)


def main() -> None:
    """Ends with status 0 when told to stop, the record complete."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("shop-simulator")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
