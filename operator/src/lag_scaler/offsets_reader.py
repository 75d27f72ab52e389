"""Start, end and committed offset of every partition that a group consumes, read at one moment."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import ConsumerGroupState, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from lag_scaler.kafka_clients import GroupClients
from lag_scaler.law import PartitionOffsets
from service_runtime.committed_offsets import CommittedOffsets
from service_runtime.kafka import kafka_errors
from service_runtime.topic import partitions_of

_REBALANCING: Final = {
    ConsumerGroupState.PREPARING_REBALANCING,
    ConsumerGroupState.COMPLETING_REBALANCING,
}


@dataclass(frozen=True, slots=True)
class GroupReading:
    """The partitions of all topics, and whether the group may just be sharing them out anew."""

    partitions: tuple[PartitionOffsets, ...]
    rebalancing: bool


async def read_group(
    clients: GroupClients, group: str, topics: Iterable[str], *, timeout_seconds: float
) -> GroupReading:
    """All of it or nothing. Ends are those for a reader of committed records.

    Raises TransientError while a broker does not answer in time or knows a topic no more,
    PermanentError if Kafka refuses.
    """
    admin, asked = clients.admin, {"request_timeout": timeout_seconds}
    with kafka_errors(group):
        async with asyncio.timeout(2 * timeout_seconds):
            # Not by DescribeTopics, which librdkafka asks the controller alone.
            reads = (asyncio.to_thread(_places, admin, t, timeout_seconds) for t in topics)
            places = [place for found in await asyncio.gather(*reads) for place in found]
            # The commits before the ends, so that no lag is negative.
            committed = await _committed(clients.commits, places)
            starts, ends, rebalancing = await asyncio.gather(
                _offsets(admin, places, OffsetSpec.earliest(), asked),
                _offsets(admin, places, OffsetSpec.latest(), asked),
                is_rebalancing(admin, group, asked),
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
    return GroupReading(tuple(partitions), rebalancing)


def _places(client: AdminClient, topic: str, timeout_seconds: float) -> list[tuple[str, int]]:
    return [(topic, n) for n in partitions_of(client, topic, timeout=timeout_seconds)]


async def _committed(
    commits: CommittedOffsets, places: list[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """The committed offsets; a partition in which nothing was committed is left out."""
    numbers: dict[str, list[int]] = {}
    for topic, number in places:
        numbers.setdefault(topic, []).append(number)
    reads = (asyncio.to_thread(commits.of, *of_topic) for of_topic in numbers.items())
    found = zip(numbers, await asyncio.gather(*reads), strict=True)
    return {(topic, n): offset for topic, offsets in found for n, offset in offsets.items()}


async def _offsets(
    client: AdminClient, places: list[tuple[str, int]], spec: OffsetSpec, asked: Mapping[str, Any]
) -> dict[tuple[str, int], int]:
    wanted = {TopicPartition(*place): spec for place in places}
    committed_only = IsolationLevel.READ_COMMITTED
    answers = client.list_offsets(wanted, isolation_level=committed_only, **asked)
    results = await _all(answers.values())
    return {(p.topic, p.partition): r.offset for p, r in zip(answers, results, strict=True)}


async def is_rebalancing(client: AdminClient, group: str, asked: Mapping[str, Any]) -> bool:
    """Whether the group is rebalancing. True too where a broker does not answer: it may be the one
    that knows.

    Not by DescribeConsumerGroups: librdkafka may end the process when the connection to the
    coordinator of a group breaks (librdkafka #4605).
    """
    found = await asyncio.wrap_future(client.list_consumer_groups(states=_REBALANCING, **asked))
    return bool(found.errors) or any(each.group_id == group for each in found.valid)


async def _all(futures: Iterable["Future[Any]"]) -> list[Any]:
    return await asyncio.gather(*map(asyncio.wrap_future, futures))
