"""Entry point: a consumer group's member with a health endpoint."""

import gc
import signal
from datetime import UTC, datetime

from pymongo import WriteConcern

from click_logger.click_log import ClickLog
from click_logger.handler import ClickLogger
from click_logger.metrics import Metrics
from click_logger.profiles import Profiles
from click_logger.settings import Settings
from event_contracts.names import COLLECTION_LOGS, COLLECTION_PERFIS, TOPIC_EVENTOS
from service_runtime.consumer import ConsumerLoop, Group
from service_runtime.health import serve_health
from service_runtime.kafka import client_config
from service_runtime.logging import configure_logging
from service_runtime.mongo import connect
from service_runtime.settings import MongoSettings
from service_runtime.telemetry import configure_telemetry


def build_handler(settings: MongoSettings) -> ClickLogger:
    """The handler over MongoDB, which need not be up yet."""
    client = connect(settings, application="click-logger")
    # A write that a failover may undo is no reason to commit an offset.
    durable = WriteConcern("majority")
    database = client.get_database(settings.mongo_database, write_concern=durable)
    return ClickLogger(
        ClickLog(database[COLLECTION_LOGS]),
        Profiles(database[COLLECTION_PERFIS]),
        metrics=Metrics(),
        clock=lambda: datetime.now(UTC),
    )


def main() -> None:
    """Run until SIGTERM or SIGINT, finish the batch in hand and commit it."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("click-logger")
    connection = client_config(settings.kafka_bootstrap_servers, settings)
    group = Group(
        settings.group_id,
        (TOPIC_EVENTOS,),
        batch_size=settings.batch_size,
        linger_seconds=settings.linger_seconds,
    )
    loop = ConsumerLoop(connection, group, build_handler(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    health = serve_health(
        settings.health_host, settings.health_port, alive=lambda: None, ready=lambda: loop.problem
    )
    gc.freeze()
    loop.run()
    health.shutdown()


if __name__ == "__main__":
    main()
