"""Entry point: open the state, connect to Kafka, poll until SIGTERM."""

import asyncio
import logging
import signal
import sys
from functools import partial

import uvloop

from event_contracts.names import TOPIC_ESTOQUE
from inventory_poller.service import Service
from inventory_poller.settings import Settings
from inventory_poller.state import StateFile
from inventory_poller.stores import Stores
from service_runtime.errors import PermanentError
from service_runtime.health import serve_health
from service_runtime.kafka import client_config
from service_runtime.logging import configure_logging
from service_runtime.producer import KafkaSender, connect_producer
from service_runtime.telemetry import configure_telemetry
from service_runtime.topic import Topic

_log = logging.getLogger("inventory_poller")


async def serve(settings: Settings) -> None:
    """Poll until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    timeout = settings.delivery_timeout
    kafka = client_config(settings.kafka_bootstrap_servers, settings)
    state = StateFile(settings.state_path)
    connect = partial(
        connect_producer, kafka, client_id="inventory-poller", delivery_timeout=timeout
    )
    stores = Stores(KafkaSender(connect, topic=TOPIC_ESTOQUE, delivery_timeout=timeout), state)
    service = Service(settings, stores, Topic.of(settings, TOPIC_ESTOQUE))
    health = serve_health(
        settings.health_host, settings.health_port, alive=lambda: None, ready=service.ready
    )
    try:
        await service.run(stop)
    finally:
        health.shutdown()
        stores.close()


def main() -> None:
    """End with status 0 after a signal to stop, with 1 where the state or Kafka refuses."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("inventory-poller")
    try:
        uvloop.run(serve(settings))
    except PermanentError as error:
        _log.critical("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
