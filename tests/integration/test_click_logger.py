"""click-logger at a real Kafka and a real server of MongoDB's protocol: good, flaky, killed."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr
from pymongo.database import Database
from tests.support.click_log import PARTITIONS, START, placed, plain_count, put_events, stored
from tests.support.cutting_proxy import cutting_proxy
from tests.support.kafka import TopicReader, create_topic
from tests.support.platform import free_ports, mongo_url, shared_platform
from tests.support.service import Service
from tests.support.waiting import wait_until

from analytics_api.customer import LoggedEvent, Page, cursor_after, mark_of
from analytics_api.customer_storage import CustomerSource
from click_logger.main import build_handler
from click_logger.profiles import Key, Profiles, by_customer
from event_contracts.atividade import Atividade
from event_contracts.names import COLLECTION_LOGS, COLLECTION_PERFIS, TOPIC_EVENTOS
from service_runtime.consumer import ConsumerLoop, Group
from service_runtime.errors import TransientError
from service_runtime.mongo import Document, connect
from service_runtime.settings import MongoSettings
from service_runtime.topic import Topic
from vitrine_local.platform import LocalPlatform

NEWEST_FIRST = [("data", -1), ("_id", -1)]
POINTS = ("after_decode", "after_log", "before_profiles", "after_profiles", "before_commit")

platform = shared_platform("kafka", "mongo")


class Subject:
    """A topic, a group and a database of a test's own."""

    def __init__(self, servers: str, topic: str, settings: MongoSettings) -> None:
        self.servers = servers
        self.topic = topic
        self.settings = settings
        self.client = connect(settings, application="tests")
        create_topic(servers, topic, partitions=PARTITIONS)
        self._asking = Consumer({"bootstrap.servers": servers, "group.id": topic})
        self._topic = Topic({"bootstrap.servers": servers}, topic)

    @property
    def database(self) -> Database[Document]:
        return self.client[self.settings.mongo_database]

    def close(self) -> None:
        self.client.close()
        self._asking.close()

    def put(self, count: int, *, seed: int = 1) -> None:
        put_events(self.servers, self.topic, count, seed=seed)

    def messages(self) -> list[Message]:
        return TopicReader(self.servers, self.topic, PARTITIONS).read()

    def is_done(self) -> bool:
        """Whether the group has committed the whole topic."""
        return self.committed() == self._topic.latest()

    def committed(self) -> dict[int, int]:
        """Empty while Kafka does not say."""
        asked = [TopicPartition(self.topic, number) for number in range(PARTITIONS)]
        try:
            found = self._asking.committed(asked, timeout=10)
        except KafkaException:
            return {}
        return {each.partition: max(0, each.offset) for each in found}

    def group(self) -> tuple[ConsumerGroupState, int]:
        admin = AdminClient({"bootstrap.servers": self.servers})
        found = admin.describe_consumer_groups([self.topic])[self.topic].result(10)
        return found.state, len(found.members)

    def check(self) -> None:
        """MongoDB holds what a plain count over the topic finds."""
        assert stored(self.database) == plain_count(self.messages())


@pytest.fixture
def subject(
    platform: LocalPlatform, servers: str, request: pytest.FixtureRequest
) -> Iterator[Subject]:
    name = re.sub(r"\W", "_", str(request.node.name))[:60]
    settings = MongoSettings(mongo_url=mongo_url(platform), mongo_database=name)
    made = Subject(servers, name, settings)
    yield made
    made.close()


class Member(Thread):
    """A loop in a thread; `meanwhile` is called in the middle of each batch."""

    def __init__(
        self, subject: Subject, *, batch_size: int = 300, url: str | None = None, **connection: Any
    ) -> None:
        super().__init__(daemon=True)
        self.meanwhile: Callable[[], None] = lambda: None
        self.batches = 0
        group = Group(subject.topic, (subject.topic,), batch_size, 0.2)
        hasty = {"bootstrap.servers": subject.servers, "heartbeat.interval.ms": 200}
        changes = {} if url is None else {"mongo_url": SecretStr(url)}
        self._handle = build_handler(subject.settings.model_copy(update=changes))
        self.loop = ConsumerLoop(hasty | connection, group, self._counted)
        self._handle._clock = self._now

    def _now(self) -> datetime:
        self.meanwhile()
        return datetime.now(UTC)

    def _counted(self, batch: Sequence[Message]) -> None:
        self._handle(batch)
        self.batches += 1

    def run(self) -> None:
        self.loop.run()

    def stop(self) -> None:
        self.loop.stop()
        self.join(30)
        assert not self.is_alive()


Join = Callable[..., Member]


@pytest.fixture
def join(subject: Subject) -> Iterator[Join]:
    """Starts members of the test's group; those that still run in the end are stopped."""
    members: list[Member] = []

    def make(*, meanwhile: Callable[[], None] = lambda: None, **changes: Any) -> Member:
        members.append(Member(subject, **changes))
        members[-1].meanwhile = meanwhile
        members[-1].start()
        return members[-1]

    yield make
    for member in members:
        if member.is_alive():
            member.stop()


def test_a_good_run_equals_a_plain_count(subject: Subject, join: Join) -> None:
    shop = {"_id": "u1", "regiao": "Sul", "estado": "PR", "segmento": "fiel"}
    subject.database[COLLECTION_PERFIS].insert_one(dict(shop))
    subject.put(1_000)
    member = join()
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    subject.put(300, seed=2)
    subject.put(300, seed=1)  # most of them are repeats of a batch before
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    member.stop()
    subject.check()
    profile = subject.database[COLLECTION_PERFIS].find_one({"_id": "u1"}) or {}
    assert {name: profile[name] for name in shop} == shop
    assert set(profile) == {*shop, "atividade"}


def test_reading_the_topic_again_changes_nothing(subject: Subject, join: Join) -> None:
    subject.put(400)
    first = join()
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    first.stop()
    before = list(subject.database[COLLECTION_PERFIS].find())
    member = Member(subject)
    member._handle(subject.messages())
    assert list(subject.database[COLLECTION_PERFIS].find()) == before
    subject.check()


def test_answers_that_get_lost_change_nothing(
    platform: LocalPlatform, subject: Subject, join: Join
) -> None:
    """Writes are done then, and their writer does not know."""
    answers, cuts = 0, 0

    def cut(_answer: bytes) -> bool:
        nonlocal answers, cuts
        answers += 1
        is_cut = answers % 3 == 0 and cuts < 6
        cuts += is_cut
        return is_cut

    port = platform.settings.mongo_port
    with cutting_proxy(("127.0.0.1", port), cut) as proxy:
        url = mongo_url(platform).get_secret_value().replace(f":{port}", f":{proxy}")
        subject.put(600)
        member = join(url=url)
        wait_until(subject.is_done, "the group has handled everything", seconds=90)
        member.stop()
    assert cuts == 6
    subject.check()


def test_mongodb_away_is_waited_for(platform: LocalPlatform, subject: Subject, join: Join) -> None:
    subject.put(300)
    member = join()
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    platform.stop("mongo")
    try:
        subject.put(300, seed=2)
        wait_until(
            lambda: "mongodb" in (member.loop.problem or ""), "the loop names MongoDB", seconds=60
        )
        assert not subject.is_done()
    finally:
        platform.start_part("mongo")
    wait_until(subject.is_done, "the group has handled everything", seconds=60)
    wait_until(lambda: member.loop.problem is None, "the loop names no problem", seconds=30)
    subject.check()


def test_replicas_share_the_work_through_a_rebalance_in_the_middle_of_a_batch(
    subject: Subject, join: Join
) -> None:
    subject.put(600)
    busy, go_on = Event(), Event()

    def hold() -> None:
        busy.set()
        assert go_on.wait(60)

    first = join(meanwhile=hold)
    assert busy.wait(60)
    second = join()
    wait_until(
        lambda: subject.group()[0] is ConsumerGroupState.PREPARING_REBALANCING,
        "the group rebalances",
        seconds=30,
    )
    go_on.set()
    wait_until(
        lambda: subject.group() == (ConsumerGroupState.STABLE, 2), "the group is stable", seconds=60
    )
    batches = first.batches, second.batches
    subject.put(600, seed=2)
    wait_until(subject.is_done, "the group has handled everything", seconds=60)
    assert first.batches > batches[0]
    assert second.batches > batches[1]
    subject.check()


def test_a_member_that_wakes_up_after_it_was_replaced_changes_nothing(
    subject: Subject, join: Join
) -> None:
    subject.put(400)
    asleep, wake = Event(), Event()

    def sleep() -> None:
        asleep.set()
        assert wake.wait(60)

    impatient = {"session.timeout.ms": 6000, "max.poll.interval.ms": 6000}
    old = join(meanwhile=sleep, **impatient)
    assert asleep.wait(60)
    new = join()
    wait_until(subject.is_done, "the group has handled everything", seconds=60)
    subject.put(200, seed=2)
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    wake.set()
    wait_until(lambda: old.batches, "the old member has a batch", seconds=30)
    old.stop()
    new.stop()
    subject.check()


class Sleepy(Profiles):
    """Has read the states, and sleeps before it writes."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def _read(self, pending: Any) -> dict[Key, Atividade | None]:
        states = super()._read(pending)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return states


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_no_older_state_replaces_a_newer_one(subject: Subject, is_new: bool) -> None:
    profiles = subject.database[COLLECTION_PERFIS]
    events = [placed(n, minute=n) for n in range(10)]
    if not is_new:
        assert Profiles(profiles).apply(by_customer(events[:2])) == 0
    old, new = Sleepy(profiles), Profiles(profiles)
    old.meanwhile = lambda: new.apply(by_customer(events[:6]))
    assert old.apply(by_customer(events[:4])) == 0
    assert activity(subject) == (5, 6)
    old.meanwhile = lambda: new.apply(by_customer(events[:8]))
    assert old.apply(by_customer(events)) == 0
    assert activity(subject) == (9, 10)


def activity(subject: Subject) -> tuple[int, int]:
    """Offset and clicks of `u1` in partition 0."""
    profile = subject.database[COLLECTION_PERFIS].find_one({"_id": "u1"}) or {}
    return profile["atividade"]["0"]["offset"], profile["atividade"]["0"]["cliques"]


def test_what_mongodb_refuses_for_good_is_skipped_and_all_else_is_written(
    subject: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    profiles = subject.database[COLLECTION_PERFIS]
    profiles.insert_one({"_id": "u1", "atividade": "what the shop put here"})
    assert Profiles(profiles).apply(by_customer([placed(0)])) == 1
    profiles.replace_one({"_id": "u1"}, {"_id": "u1", "atividade": {"0": {"offset": "no"}}})
    both = by_customer([placed(0), placed(0, partition=1)])
    assert Profiles(profiles).apply(both) == 1
    found = profiles.find_one({"_id": "u1"}) or {}
    assert found["atividade"]["0"] == {"offset": "no"}
    assert found["atividade"]["1"]["cliques"] == 1
    assert "u1" not in caplog.text


async def test_the_api_pages_through_what_was_logged(subject: Subject, join: Join) -> None:
    """In steps that cut through events of one millisecond."""
    subject.put(200)
    join()
    wait_until(subject.is_done, "the group has handled everything", seconds=30)
    log = subject.database[COLLECTION_LOGS]
    log.update_many({}, {"$set": {"id_usuario": "u8", "data": START}})
    log.update_one({}, {"$set": {"data": START - timedelta(days=1)}})
    expected = [each["_id"] for each in log.find().sort(NEWEST_FIRST)]
    source, read, page = CustomerSource(subject.settings), list[LoggedEvent](), Page(30)
    while True:
        found = await source.read("u8", page)
        assert found is not None
        assert found.activity
        read += found.events[:30]
        if len(found.events) <= 30:
            break
        page = Page(30, mark_of(cursor_after(read[-1])))
    assert [event.id for event in read] == expected
    assert len(expected) > 100
    assert await source.read("nobody", Page(3)) is None


async def answers(source: CustomerSource) -> bool:
    """Connections that broke in the hang may fail once more."""
    try:
        return await source.read("u1", Page(1)) is None
    except TransientError:
        return False


async def test_the_api_does_not_wait_for_a_mongodb_that_hangs(
    platform: LocalPlatform, subject: Subject
) -> None:
    source = CustomerSource(subject.settings)
    async with asyncio.timeout(30):
        while not await answers(source):
            await asyncio.sleep(0.1)
    platform.pause("mongo")
    try:
        while await asyncio.wait_for(answers(source), 10):
            await asyncio.sleep(0.01)  # the signal takes a moment
    finally:
        platform.resume("mongo")
    async with asyncio.timeout(30):
        while not await answers(source):
            await asyncio.sleep(0.1)


def process(subject: Subject, module: str, folder: Path, **environment: str) -> Service:
    (port,) = free_ports(1)
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": subject.servers,
        "TOPIC": subject.topic,
        "GROUP_ID": subject.topic,
        "MONGO_URL": subject.settings.mongo_url.get_secret_value(),
        "MONGO_DATABASE": subject.settings.mongo_database,
        "HEALTH_PORT": str(port),
        "FAILPOINTS_DIR": str(folder),
        **environment,
    }
    return Service(module, told, url=f"http://127.0.0.1:{port}", log=folder / "log")


def test_killed_at_five_points_nothing_is_lost_and_nothing_counted_twice(
    subject: Subject, tmp_path: Path
) -> None:
    subject.put(250)
    for point in POINTS:
        (tmp_path / f"{point}.armed").touch()
        member = process(subject, "tests.support.click_member", tmp_path)
        reached = tmp_path / f"{point}.reached"
        try:
            wait_until(reached.exists, "the point is reached", seconds=60)
        finally:
            member.kill()
        reached.unlink()
        assert not any(subject.committed().values())
    last = process(subject, "tests.support.click_member", tmp_path)
    try:
        wait_until(subject.is_done, "the group has handled everything", seconds=60)
        subject.check()
    finally:
        last.kill()


def test_told_to_end_it_commits_the_batch_in_hand(
    servers: str, platform: LocalPlatform, tmp_path: Path
) -> None:
    """The program itself, on the shop's own topic."""
    settings = MongoSettings(mongo_url=mongo_url(platform), mongo_database="told_to_end")
    subject = Subject(servers, TOPIC_EVENTOS, settings)
    subject.put(200)
    (tmp_path / "after_log.armed").touch()
    service = process(subject, "click_logger.main", tmp_path, OTEL_SDK_DISABLED="true")
    reached = tmp_path / "after_log.reached"
    try:
        wait_until(reached.exists, "the point is reached", seconds=60)
        assert service.status("/readyz") == 200
        service.signal_end()
        reached.unlink()
        assert service.wait() == 0
    finally:
        service.kill()
    done = sum(subject.committed().values())
    assert done > 0
    log = (tmp_path / "log").read_text("utf-8")
    assert "u1" not in log
    if subject.is_done():
        subject.check()
