"""What lag-scaler reads of a real Kafka, and what it makes of it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import kmock as mock
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from kopf import ConnectionInfo
from tests.support.kafka import create_topic
from tests.support.lag_scaler import (
    DEPLOYMENTS,
    SCALERS,
    Cluster,
    deployment,
    kubeconfig,
    operator,
    stream_scaler,
    until,
)
from tests.support.platform import shared_platform
from tests.support.waiting import wait_until

from lag_scaler.kafka_access import KafkaAccess
from lag_scaler.kafka_clients import KafkaClients
from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.law import PartitionOffsets
from lag_scaler.observer import Observer
from lag_scaler.offsets_reader import GroupReading, read_group
from lag_scaler.spec import Source
from service_runtime.errors import TransientError
from service_runtime.settings import KafkaSecuritySettings
from vitrine_local.platform import LocalPlatform

platform = shared_platform("kafka")
PARTITIONS = 3


@pytest.fixture
def client(servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": servers})


@pytest.fixture
def topic(servers: str, request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    create_topic(servers, name, partitions=PARTITIONS)
    return name


@pytest.fixture
def clients() -> KafkaClients:
    return KafkaClients(timeout_seconds=10)


async def look(
    clients: KafkaClients, servers: str, group: str, *topics: str, timeout: float = 10
) -> GroupReading:
    access = KafkaAccess(servers, KafkaSecuritySettings())
    held = await clients.of(access, group)
    return await read_group(held, group, topics, timeout_seconds=timeout)


async def read(clients: KafkaClients, servers: str, topic: str, group: str = "") -> GroupReading:
    """As the operator, which asks again where a new topic has no leaders yet."""
    for _ in range(100):
        with suppress(TransientError):
            return await look(clients, servers, group or topic, topic)
        await asyncio.sleep(0.1)
    raise AssertionError("Kafka gives no answer")


def put(servers: str, topic: str, partition: int, count: int) -> None:
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5})
    for _ in range(count):
        producer.produce(topic, b"{}", partition=partition)
    assert producer.flush(30) == 0


def commit(servers: str, topic: str, offsets: dict[int, int]) -> None:
    """As a member of the topic's own group would."""
    places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    with closing(Consumer({"bootstrap.servers": servers, "group.id": topic})) as consumer:
        consumer.commit(offsets=places, asynchronous=False)


async def test_every_partition_with_and_without_commits(
    servers: str, clients: KafkaClients, client: AdminClient, topic: str
) -> None:
    for partition, count in ((0, 5), (1, 7)):
        put(servers, topic, partition, count)
    for future in client.delete_records([TopicPartition(topic, 1, 4)]).values():
        future.result(30)
    commit(servers, topic, {0: 2})
    found = await read(clients, servers, topic)
    assert found == GroupReading(
        (
            PartitionOffsets(topic=topic, partition=0, start=0, end=5, committed=2),
            PartitionOffsets(topic=topic, partition=1, start=4, end=7, committed=None),
            PartitionOffsets(topic=topic, partition=2, start=0, end=0, committed=None),
        ),
        rebalancing=False,
    )


async def test_a_group_that_nobody_knows_has_committed_nothing(
    servers: str, clients: KafkaClients, topic: str
) -> None:
    found = await read(clients, servers, topic, "nobody")
    assert {p.committed for p in found.partitions} == {None}
    assert not found.rebalancing


async def test_a_topic_that_is_not_there_is_no_answer(
    servers: str, clients: KafkaClients, topic: str
) -> None:
    with pytest.raises(TransientError):
        await look(clients, servers, topic, topic, "absent")


async def test_no_kafka_is_no_answer_within_the_timeout() -> None:
    clients = KafkaClients(timeout_seconds=0.5)
    with pytest.raises(TransientError, match="group"):
        await look(clients, "127.0.0.1:1", "group", "topic", timeout=0.5)


@contextmanager
def member(servers: str, topic: str) -> Iterator[Consumer]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": topic})
    consumer.subscribe([topic])
    try:
        yield consumer
    finally:
        consumer.close()


async def test_a_group_that_shares_its_partitions_out_anew(
    servers: str, clients: KafkaClients, topic: str
) -> None:
    with member(servers, topic) as first:
        while not first.assignment():
            first.poll(0.1)
        # The group waits for the first member, which does not poll, to give its partitions up.
        with member(servers, topic) as second:
            seen = False
            for _ in range(200):
                second.poll(0.05)
                seen = seen or (await read(clients, servers, topic)).rebalancing
                if seen:
                    break
        assert seen


async def test_a_backlog_makes_the_target_grow(
    servers: str, topic: str, kmock: mock.KubernetesEmulator, tmp_path: Path
) -> None:
    """A group that consumes a tenth of what arrives."""
    cluster = Cluster(kmock)
    cluster.put(DEPLOYMENTS, deployment(1))
    source = {"bootstrapServers": servers, "group": topic, "topics": [topic]}
    objective = {"maxLagSeconds": 5, "drainDeadlineSeconds": 10}
    bounds = {"minReplicas": 1, "maxReplicas": 10}
    cluster.put(SCALERS, stream_scaler(source=source, objective=objective, bounds=bounds))

    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5})
    consumer = Consumer({"bootstrap.servers": servers, "group.id": topic})

    def flow(round_: int) -> None:
        for number in range(PARTITIONS):
            for _ in range(300):
                producer.produce(topic, b"{}", partition=number)
        assert producer.flush(30) == 0
        offsets = [TopicPartition(topic, number, 30 * round_) for number in range(PARTITIONS)]
        consumer.commit(offsets=offsets, asynchronous=False)

    def status() -> dict[str, Any]:
        found: dict[str, Any] = cluster.get(SCALERS, "click-logger").get("status", {})
        return found

    with kubeconfig(cluster.url, tmp_path):
        async with operator():
            for round_ in range(1, 600):
                await asyncio.to_thread(flow, round_)
                await asyncio.sleep(0.1)
                if cluster.replicas == PARTITIONS:
                    break
            await until(lambda: ("Normal", status()["reason"]) in cluster.events(), "an event")
    assert cluster.replicas == status()["limit"] == PARTITIONS
    assert status()["lag"] > 0
    assert cluster.conditions()["Ready"] == ("True", "Observing")


async def test_a_broker_that_hangs_scales_nothing_and_is_seen_again(
    platform: LocalPlatform,
    servers: str,
    topic: str,
    kmock: mock.KubernetesEmulator,
    tmp_path: Path,
) -> None:
    cluster = Cluster(kmock)
    cluster.put(DEPLOYMENTS, deployment(2))
    source = {"bootstrapServers": servers, "group": topic, "topics": [topic]}
    cluster.put(SCALERS, stream_scaler(source=source, bounds={"minReplicas": 1, "maxReplicas": 3}))
    commit(servers, topic, dict.fromkeys(range(PARTITIONS), 0))

    async def is_ready(*condition: str) -> None:
        await until(
            lambda: cluster.conditions().get("Ready") == condition, str(condition), seconds=90
        )

    with kubeconfig(cluster.url, tmp_path):
        async with operator():
            await is_ready("True", "Observing")
            platform.pause("kafka")
            try:
                await is_ready("False", "NoData")
                written = len(cluster.writes("/status"))
                await until(lambda: len(cluster.writes("/status")) > written + 1, "more rounds")
            finally:
                platform.resume("kafka")
            await is_ready("True", "Observing")
    assert cluster.writes("/deployments/") == []
    assert [e for e in cluster.events() if e[1] != "EnoughReplicas"] == [
        ("Warning", "NoData"),
        ("Normal", "Observing"),
    ]


def test_it_lives_through_restarts_of_the_broker(
    platform: LocalPlatform, servers: str, clients: KafkaClients, topic: str
) -> None:
    """Until a broker that is back is the coordinator of groups, some requests of librdkafka's admin
    client would end the process. It is restarted by this thread, with which it would end."""
    commit(servers, topic, {0: 0})
    kubernetes = KubernetesApi(lambda: ConnectionInfo(server="nowhere"), timeout_seconds=1)
    observer = Observer(kubernetes, clients, "shop", timeout_seconds=2)
    source = Source.model_validate({"bootstrapServers": servers, "group": topic, "topics": [topic]})

    async def committed() -> list[int | None]:
        with suppress(TransientError):
            return [p.committed for p in (await observer.read(source)).partitions]
        return []

    async def ask_on() -> None:
        while not restarted.is_set():
            await committed()

    restarted = Event()
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(asyncio.run, ask_on())
        try:
            for _ in range(2):
                platform.stop("kafka")
                platform.start_part("kafka")
        finally:
            restarted.set()
    asking.result()
    wait_until(lambda: asyncio.run(committed()) == [0, None, None], "all is read again")
