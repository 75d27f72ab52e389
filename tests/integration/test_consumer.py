"""The consumer loop at a real Kafka: members that crash, come and go, wait and are cut off."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.support.kafka import create_topic
from tests.support.platform import shared_platform
from tests.support.service import Service
from tests.support.waiting import wait_until

from service_runtime.consumer import ConsumerLoop, Group
from service_runtime.errors import PermanentError, TransientError
from service_runtime.topic import Topic
from vitrine_local.platform import LocalPlatform

PARTITIONS = 4
COUNT = 1_000
Place = tuple[int, int]
"""Partition and offset."""

platform = shared_platform("kafka")


class Records:
    """A topic of a test's own, named as the test and its group."""

    def __init__(self, servers: str, name: str) -> None:
        self.connection = {"bootstrap.servers": servers}
        self.name = name

    def create(self) -> "Records":
        create_topic(self.connection["bootstrap.servers"], self.name, partitions=PARTITIONS)
        return self

    def put(self, count: int = COUNT, partitions: Sequence[int] = range(PARTITIONS)) -> None:
        """So many records, dealt out to the partitions in turn."""
        producer = Producer(self.connection)
        for number in range(count):
            partition = partitions[number % len(partitions)]
            producer.produce(self.name, b"%d" % number, partition=partition)
        assert producer.flush(30) == 0

    def places(self) -> list[Place]:
        ends = Topic(self.connection, self.name).latest()
        return [(partition, n) for partition, end in ends.items() for n in range(end)]

    def committed(self) -> dict[int, int]:
        """What the group has done; a partition that it never committed is left out."""
        client = Consumer({**self.connection, "group.id": self.name})
        asked = [TopicPartition(self.name, number) for number in range(PARTITIONS)]
        found = {each.partition: each.offset for each in client.committed(asked, timeout=10)}
        client.close()
        return {partition: offset for partition, offset in found.items() if offset >= 0}

    def group(self) -> tuple[ConsumerGroupState, int]:
        """How the group is, and how many members it has."""
        admin = AdminClient(self.connection)
        found = admin.describe_consumer_groups([self.name])[self.name].result(10)
        return found.state, len(found.members)


@pytest.fixture
def records(servers: str, request: pytest.FixtureRequest) -> Records:
    return Records(servers, str(request.node.name)).create()


def place(message: Message) -> Place:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return partition, offset


class Member(Thread):
    """A loop in a thread. It raises what `trouble` returns, else it keeps what it was given."""

    def __init__(
        self, records: Records, *, batch_size: int = 200, linger: float = 0.2, **connection: Any
    ) -> None:
        super().__init__(daemon=True)
        self.trouble: Callable[[], Exception | None] = lambda: None
        self.attempts: list[list[Place]] = []
        self.handled: list[Place] = []
        self.values: list[bytes] = []
        self.error: Exception | None = None
        group = Group(records.name, (records.name,), batch_size, linger)
        hasty = {"heartbeat.interval.ms": 200}
        connection = records.connection | hasty | connection
        self.loop = ConsumerLoop(connection, group, self._handle)

    def _handle(self, batch: Sequence[Message]) -> None:
        self.attempts.append([place(message) for message in batch])
        if (error := self.trouble()) is not None:
            raise error
        self.handled += self.attempts[-1]
        self.values += [message.value() or b"" for message in batch]

    def run(self) -> None:
        try:
            self.loop.run()
        except Exception as error:
            self.error = error

    def stop(self) -> None:
        self.loop.stop()
        self.join(30)
        assert not self.is_alive()


Join = Callable[..., Member]


@pytest.fixture
def join() -> Iterator[Join]:
    """Makes members of a group; those that still run in the end are stopped."""
    members: list[Member] = []

    def make(records: Records, **changes: Any) -> Member:
        members.append(Member(records, **changes))
        return members[-1]

    yield make
    for member in members:
        if member.is_alive():
            member.stop()


def in_order(handled: Sequence[Place]) -> bool:
    """Whether no record of a partition came twice or after a later one."""
    offsets: defaultdict[int, list[int]] = defaultdict(list)
    for partition, offset in handled:
        offsets[partition].append(offset)
    return all(each == sorted(set(each)) for each in offsets.values())


def ends_of(places: Sequence[Place]) -> dict[int, int]:
    return {partition: offset + 1 for partition, offset in sorted(places)}


def test_each_record_once_and_in_order_while_nothing_fails(records: Records, join: Join) -> None:
    records.put()
    first = join(records)
    first.start()
    wait_until(lambda: len(first.handled) == COUNT, "all is handled")
    records.put()
    wait_until(lambda: len(first.handled) == 2 * COUNT, "the next ones are handled")
    wait_until(lambda: sum(first.loop.metrics.lag.values()) == 0, "no lag is told")
    assert len(first.loop.metrics.lag) == PARTITIONS
    first.stop()
    assert sorted(first.handled) == records.places()
    assert in_order(first.handled)
    assert max(map(len, first.attempts)) == 200
    assert records.committed() == ends_of(first.handled)
    second = join(records)
    second.start()
    records.put(1, partitions=[2])
    wait_until(lambda: second.handled, "the second one has some")
    assert second.handled == [(2, 2 * COUNT // PARTITIONS)]


def test_what_passes_is_waited_out_by_a_member_that_stays_one(records: Records, join: Join) -> None:
    """For longer than a member may go without polling, at the least that Kafka allows."""
    records.put()
    away, back = TransientError("the store is away"), Event()
    member = join(records, **{"session.timeout.ms": 6000, "max.poll.interval.ms": 6000})
    member.trouble = lambda: None if back.is_set() else away
    member.start()
    wait_until(lambda: member.attempts, "it tries")
    assert wait_until(lambda: len(member.attempts) == 6, "the sixth attempt") > 6
    assert member.loop.problem == "the store is away"
    assert set(member.loop.metrics.lag.values()) == {COUNT // PARTITIONS}
    assert records.committed() == {}
    back.set()
    wait_until(lambda: len(member.handled) == COUNT, "all is handled")
    wait_until(lambda: member.loop.problem is None, "nothing is wrong any more")
    member.stop()
    assert len({tuple(attempt) for attempt in member.attempts[:7]}) == 1
    assert in_order(member.handled)
    assert records.committed() == ends_of(member.handled)


def test_a_rebalance_while_a_batch_waits(records: Records, join: Join) -> None:
    records.put()
    back = Event()
    waiting = join(records, batch_size=COUNT, linger=5)
    waiting.trouble = lambda: None if back.is_set() else TransientError("away")
    waiting.start()
    wait_until(lambda: waiting.attempts, "it tries")
    other = join(records)
    other.start()
    wait_until(lambda: len(other.handled) == COUNT // 2, "the other has its half")
    wait_until(
        lambda: not {p for p, _ in waiting.attempts[-1]} & {p for p, _ in other.handled},
        "each has its own partitions",
    )
    assert waiting.handled == []
    back.set()
    wait_until(lambda: len(waiting.handled) == COUNT // 2, "it goes on")
    assert sorted(waiting.handled + other.handled) == records.places()
    assert in_order(waiting.handled)
    assert in_order(other.handled)


def test_partitions_that_come_while_a_batch_waits_wait_too(records: Records, join: Join) -> None:
    records.put()
    back = Event()
    waiting = join(records, batch_size=COUNT)
    waiting.trouble = lambda: None if back.is_set() else TransientError("away")
    waiting.start()
    wait_until(lambda: waiting.attempts, "it tries")
    other = join(records)
    other.start()
    wait_until(lambda: len(other.handled) == COUNT // 2, "the other has its half")
    records.put(4 * COUNT)
    other.stop()
    wait_until(
        lambda: records.group() == (ConsumerGroupState.STABLE, 1),
        "the group has one member",
        seconds=60,
    )
    attempts = len(waiting.attempts)
    wait_until(lambda: len(waiting.attempts) > attempts + 1, "it tries again", seconds=60)
    assert len(waiting.attempts[-1]) <= COUNT // 2 + PARTITIONS
    back.set()
    wait_until(lambda: len(waiting.handled) + len(other.handled) == 5 * COUNT, "all is handled")
    assert sorted(waiting.handled + other.handled) == records.places()
    assert in_order(waiting.handled)


def test_partitions_that_went_while_a_batch_waited_come_back(records: Records, join: Join) -> None:
    records.put()
    back = Event()
    waiting = join(records, batch_size=COUNT)
    waiting.trouble = lambda: None if back.is_set() else TransientError("away")
    waiting.start()
    wait_until(lambda: waiting.attempts, "it tries")
    other = join(records)
    other.start()
    wait_until(lambda: len(other.handled) == COUNT // 2, "the other has its half")
    back.set()
    wait_until(lambda: len(waiting.handled) == COUNT // 2, "it goes on")
    other.stop()
    records.put()
    wait_until(lambda: len(waiting.handled) + len(other.handled) == 2 * COUNT, "all is handled")
    assert sorted(waiting.handled + other.handled) == records.places()
    assert in_order(waiting.handled)


def test_a_rebalance_while_a_batch_is_handled_waits_for_its_commit(
    records: Records, join: Join
) -> None:
    records.put()
    busy, go_on = Event(), Event()

    def hold() -> None:
        busy.set()
        assert go_on.wait(60)

    first = join(records, batch_size=COUNT)
    first.trouble = hold
    first.start()
    assert busy.wait(60)
    second = join(records)
    second.start()
    wait_until(
        lambda: records.group()[0] is ConsumerGroupState.PREPARING_REBALANCING,
        "the group rebalances",
    )
    go_on.set()
    wait_until(
        lambda: records.group() == (ConsumerGroupState.STABLE, 2),
        "the group has two members",
        seconds=60,
    )
    records.put()
    wait_until(lambda: len(first.handled) + len(second.handled) >= 2 * COUNT, "all is handled")
    assert second.handled
    assert sorted(first.handled + second.handled) == records.places()


def test_aborted_transactions_are_not_delivered(records: Records, join: Join) -> None:
    producer = Producer({**records.connection, "transactional.id": records.name})
    producer.init_transactions(30)
    for number, end in enumerate([producer.commit_transaction, producer.abort_transaction] * 2):
        producer.begin_transaction()
        for _ in range(3):
            producer.produce(records.name, b"%d" % number, partition=0)
        assert producer.flush(30) == 0  # an abort would drop what is not on Kafka yet
        end(30)
    records.put(2, partitions=[0])
    member = join(records)
    member.start()
    wait_until(lambda: len(member.values) == 8, "all is handled")
    wait_until(lambda: records.committed() == {0: 18}, "the end is committed")
    member.stop()
    assert member.values == [b"0"] * 3 + [b"2"] * 3 + [b"0", b"1"]
    assert in_order(member.handled)


@pytest.mark.parametrize("error", [PermanentError("the store refuses"), KeyError("a bug")])
def test_any_other_error_ends_the_loop_and_commits_nothing(
    servers: str, join: Join, error: Exception
) -> None:
    records = Records(servers, type(error).__name__).create()
    records.put(10)
    member = join(records)
    member.trouble = lambda: error
    member.start()
    member.join(30)
    assert member.error is error
    assert records.committed() == {}


def test_a_topic_that_is_not_there_yet_is_waited_for(servers: str, join: Join) -> None:
    records = Records(servers, "later")
    member = join(records, **{"topic.metadata.refresh.interval.ms": 500})
    member.start()
    wait_until(lambda: "later" in (member.loop.problem or ""), "it says what is wrong")
    records.create().put(10)
    wait_until(lambda: len(member.handled) == 10, "all is handled")
    wait_until(lambda: member.loop.problem is None, "nothing is wrong any more")


Start = Callable[..., Service]


@pytest.fixture
def start(servers: str, records: Records, tmp_path: Path) -> Iterator[Start]:
    """Starts members as processes, which a failpoint may hold."""
    (tmp_path / "failpoints").mkdir()
    services: list[Service] = []

    def start_member() -> Service:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "TOPIC": records.name,
            "NOTES": str(tmp_path / "notes"),
            "FAILPOINTS_DIR": str(tmp_path / "failpoints"),
        }
        services.append(
            Service("tests.support.group_member", environment, url="", log=tmp_path / "log")
        )
        return services[-1]

    yield start_member
    for service in services:
        service.kill()


def noted(tmp_path: Path) -> list[Place]:
    notes = tmp_path / "notes"
    lines = notes.read_text("utf-8").splitlines() if notes.exists() else []
    return [(int(partition), int(offset)) for partition, offset in map(str.split, lines)]


def test_after_a_crash_before_the_commit_the_batch_comes_again(
    records: Records, start: Start, tmp_path: Path
) -> None:
    records.put(100)
    first = start()
    wait_until(
        lambda: records.committed() == dict.fromkeys(range(PARTITIONS), 25),
        "the first half is committed",
    )
    (tmp_path / "failpoints" / "before_commit.armed").touch()
    records.put(100)
    reached = tmp_path / "failpoints" / "before_commit.reached"
    wait_until(reached.exists, "it comes to the point")
    first.kill()
    before = noted(tmp_path)
    reached.unlink()
    start()
    wait_until(
        lambda: set(noted(tmp_path)) == set(records.places()), "every record is noted", seconds=60
    )
    wait_until(
        lambda: records.committed() == dict.fromkeys(range(PARTITIONS), 50), "all is committed"
    )
    seen = Counter(noted(tmp_path))
    assert {place for place, times in seen.items() if times > 1} == set(before[100:])
    assert max(seen.values()) == 2


def test_told_to_end_it_commits_the_batch_in_hand(
    records: Records, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "failpoints" / "before_commit.armed").touch()
    records.put(100)
    member = start()
    reached = tmp_path / "failpoints" / "before_commit.reached"
    wait_until(reached.exists, "it comes to the point")
    member.signal_end()
    reached.unlink()
    assert member.wait() == 0
    assert records.committed() == ends_of(noted(tmp_path))


def test_cut_off_from_kafka_it_says_so_and_goes_on_later(
    platform: LocalPlatform, records: Records, join: Join
) -> None:
    records.put()
    member = join(records)
    member.start()
    wait_until(lambda: len(member.handled) == COUNT, "all is handled")
    platform.stop("kafka")
    try:
        wait_until(lambda: member.loop.problem, "it says what is wrong", seconds=60)
        assert "kafka" in (member.loop.problem or "")
    finally:
        platform.start_part("kafka")
    wait_until(lambda: member.loop.problem is None, "nothing is wrong any more", seconds=60)
    records.put()
    wait_until(lambda: len(member.handled) == 2 * COUNT, "all is handled", seconds=60)
    assert in_order(member.handled)
