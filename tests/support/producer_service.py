"""event-producer as a real process before a real Kafka of a module's own.

Import `platform`, `kafka`, `topic`, `stock_topic` and `start` into a module to use them as
fixtures.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.kafka import TopicReader, create_topic
from tests.support.platform import free_ports, kafka_servers, local_settings
from tests.support.service import Service

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS, TOPICS
from vitrine_local.platform import LocalPlatform

PARTITIONS = 2
DELIVERY_TIMEOUT = 1.5
Start = Callable[..., Service]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    settings = local_settings(tmp_path_factory.mktemp("kafka"))
    with LocalPlatform(settings) as running:
        running.start(["kafka"])
        for name in TOPICS:
            create_topic(kafka_servers(running), name, partitions=PARTITIONS)
        yield running


@pytest.fixture
def kafka(platform: LocalPlatform) -> Iterator[LocalPlatform]:
    """The same Kafka for every test, running again after each."""
    yield platform
    platform.resume("kafka") if "kafka" in platform.names else platform.start_part("kafka")


@pytest.fixture
def topic(servers: str, kafka: LocalPlatform) -> TopicReader:
    return _reader(servers, kafka, TOPIC_EVENTOS)


@pytest.fixture
def stock_topic(servers: str, kafka: LocalPlatform) -> TopicReader:
    return _reader(servers, kafka, TOPIC_ESTOQUE)


def _reader(servers: str, kafka: LocalPlatform, name: str) -> TopicReader:
    assert "kafka" in kafka.names
    reader = TopicReader(servers, name, PARTITIONS)
    reader.mark()
    return reader


@pytest.fixture
def start(servers: str, tmp_path: Path) -> Iterator[Start]:
    """Starts services one after another on the same spool."""
    [port] = free_ports(1)
    services: list[Service] = []

    def start_service(**changes: object) -> Service:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "LISTEN_PORT": str(port),
            "SPOOL_PATH": str(tmp_path / "spool"),
            "DELIVERY_TIMEOUT": str(DELIVERY_TIMEOUT),
            **{name.upper(): str(value) for name, value in changes.items()},
        }
        url = f"http://127.0.0.1:{port}"
        log = tmp_path / "log"
        services.append(Service("event_producer.main", environment, url=url, log=log))
        return services[-1].wait_ready()

    yield start_service
    for service in services:
        service.kill()
