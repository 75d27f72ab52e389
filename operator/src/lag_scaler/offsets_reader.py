"""Start, end and committed offset of every partition that a group consumes, read at one moment."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from lag_scaler.law import PartitionOffsets
from service_runtime.kafka import kafka_errors
from service_runtime.topic import partitions_of

_REBALANCING: Final = frozenset(
    {ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.COMPLETING_REBALANCING}
)


@dataclass(frozen=True, slots=True)
class GroupReading:
    """The partitions of all topics, and whether the group is just sharing them out anew."""

    partitions: tuple[PartitionOffsets, ...]
    rebalancing: bool


async def read_group(
    client: AdminClient, group: str, topics: Iterable[str], *, timeout_seconds: float
) -> GroupReading:
    """All of it or nothing. Ends are those for a reader of committed records.

    Raises TransientError while a broker does not answer in time or knows a topic no more,
    PermanentError if Kafka refuses.
    """
    asked = {"request_timeout": timeout_seconds}
    with kafka_errors(group):
        async with asyncio.timeout(2 * timeout_seconds):
            # Not by DescribeTopics, which librdkafka asks the controller alone.
            reads = (asyncio.to_thread(_places, client, t, timeout_seconds) for t in topics)
            places = [place for found in await asyncio.gather(*reads) for place in found]
            # The commits before the ends, so that no lag is negative.
            committed = await _committed(client, group, places, asked)
            starts, ends, (state,) = await asyncio.gather(
                _offsets(client, places, OffsetSpec.earliest(), asked),
                _offsets(client, places, OffsetSpec.latest(), asked),
                _all(client.describe_consumer_groups([group], **asked).values()),
            )
    partitions = (
        PartitionOffsets(
            topic=topic,
            partition=number,
            start=starts[topic, number],
            end=ends[topic, number],
            committed=committed.get((topic, number)),
        )
        for topic, number in sorted(places)
    )
    return GroupReading(tuple(partitions), state.state in _REBALANCING)


def _places(client: AdminClient, topic: str, timeout_seconds: float) -> list[tuple[str, int]]:
    return [(topic, n) for n in partitions_of(client, topic, timeout=timeout_seconds)]


async def _committed(
    client: AdminClient, group: str, places: list[tuple[str, int]], asked: Mapping[str, Any]
) -> dict[tuple[str, int], int]:
    """Without partitions in which the group has committed nothing."""
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in places])
    (answer,) = await _all(client.list_consumer_group_offsets([wanted], **asked).values())
    for each in answer.topic_partitions:
        if each.error is not None:
            raise KafkaException(each.error)
    return {(p.topic, p.partition): p.offset for p in answer.topic_partitions if p.offset >= 0}


async def _offsets(
    client: AdminClient, places: list[tuple[str, int]], spec: OffsetSpec, asked: Mapping[str, Any]
) -> dict[tuple[str, int], int]:
    wanted = {TopicPartition(*place): spec for place in places}
    committed_only = IsolationLevel.READ_COMMITTED
    answers = client.list_offsets(wanted, isolation_level=committed_only, **asked)
    results = await _all(answers.values())
    return {(p.topic, p.partition): r.offset for p, r in zip(answers, results, strict=True)}


async def _all(futures: Iterable["Future[Any]"]) -> list[Any]:
    return await asyncio.gather(*map(asyncio.wrap_future, futures))
