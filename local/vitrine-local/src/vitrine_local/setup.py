"""What must exist before the deployables start: topics and warehouse tables.

`python -m vitrine_local.setup [topics] [tables]` may run at every start; what exists stays.
"""

import sys
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from event_contracts.names import TOPICS
from service_runtime.errors import TransientError
from service_runtime.settings import KafkaSettings
from warehouse.connection import Warehouse
from warehouse.schema import create_tables
from warehouse.settings import WarehouseSettings

PARTITIONS = 2

_PATIENCE_SECONDS = 30.0


def create_topics(bootstrap_servers: str) -> None:
    """Create what is missing. Kafka stamps each record itself, so that its order is true."""
    client = AdminClient({"bootstrap.servers": bootstrap_servers})
    config = {"message.timestamp.type": "LogAppendTime"}
    topics = [
        NewTopic(name, num_partitions=PARTITIONS, replication_factor=1, config=config)
        for name in TOPICS
    ]
    created = client.create_topics(topics, operation_timeout=_PATIENCE_SECONDS)
    for future in created.values():
        try:
            future.result(_PATIENCE_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def create_warehouse_tables(settings: WarehouseSettings) -> None:
    """Create what is missing, waiting a while for a warehouse that has just started."""
    warehouse = Warehouse(settings, application="vitrine-setup")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            create_tables(warehouse)
            break
        except TransientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    warehouse.close()


def main() -> None:
    """Do the tasks that are named."""
    tasks = sys.argv[1:]
    if "topics" in tasks:
        create_topics(KafkaSettings().kafka_bootstrap_servers)
    if "tables" in tasks:
        create_warehouse_tables(WarehouseSettings())


if __name__ == "__main__":
    main()
