"""The stream's positions as a real Kafka has them, and a Kafka that is away or refuses."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer
from tests.support.kafka import group_offsets, own_topic
from tests.support.platform import shared_platform
from tests.support.waiting import wait_until

from stream_processor.group_offsets import GroupOffsets
from vitrine_local.platform import LocalPlatform

platform = shared_platform("kafka")
group = own_topic(partitions=2)


@pytest.fixture
def offsets(servers: str, group: str) -> Iterator[GroupOffsets]:
    told = GroupOffsets({"bootstrap.servers": servers}, group)
    yield told
    told.stop()


def test_what_is_told_is_committed_and_what_was_told_stays(
    servers: str, group: str, offsets: GroupOffsets
) -> None:
    offsets.commit_later({(group, 0): 5, (group, 1): 0})
    offsets.commit_later({(group, 0): 7})
    expected = {(group, 0): 7, (group, 1): 0}
    wait_until(lambda: _committed(servers, group) == expected, "all is committed")


def test_what_was_told_last_is_committed_before_the_end(servers: str, group: str) -> None:
    offsets = GroupOffsets({"bootstrap.servers": servers}, group)
    offsets.commit_later({(group, 0): 3})
    offsets.stop()
    wait_until(lambda: _committed(servers, group) == {(group, 0): 3}, "the last is committed")


def test_while_kafka_is_away_nothing_waits_and_then_the_newest_is_committed(
    platform: LocalPlatform, servers: str, group: str, offsets: GroupOffsets
) -> None:
    offsets.commit_later({(group, 0): 1})
    wait_until(lambda: _committed(servers, group) == {(group, 0): 1}, "the first is committed")
    platform.pause("kafka")
    try:
        for offset in range(2, 1000):
            offsets.commit_later({(group, 0): offset})
    finally:
        platform.resume("kafka")
    wait_until(lambda: _committed(servers, group) == {(group, 0): 999}, "the newest is committed")


def test_a_group_that_has_members_is_left_alone_until_they_leave(
    servers: str, group: str, offsets: GroupOffsets
) -> None:
    member = Consumer({"bootstrap.servers": servers, "group.id": group})
    member.subscribe([group])
    try:
        wait_until(lambda: (member.poll(0.1), member.assignment())[1], "the group has a member")
        offsets.commit_later({(group, 0): 1})
        offsets.commit_later({(group, 1): 2})
        assert _committed(servers, group) == {}
    finally:
        member.close()
    expected = {(group, 0): 1, (group, 1): 2}
    wait_until(lambda: _committed(servers, group) == expected, "it is committed")


def _committed(servers: str, group: str) -> dict[tuple[str, int], int]:
    return group_offsets(servers, group, group)
