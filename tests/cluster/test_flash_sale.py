"""A flash sale on the node: lag-scaler adds a consumer, takes it away again, and waits while the
broker is away."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from tests.cluster.cluster import wait_until
from tests.cluster.load import Shop
from tests.cluster.release import MARKS, NAME, PRODUCER, Release
from tests.cluster.scaling_watch import OffsetsReader, ScalingWatch
from tests.cluster.test_platform import SENDER, labels
from tests.cluster.usage import assert_exact, assert_in_its_place
from tests.support.scaling_record import Look, ScalingRecord

from event_contracts.names import COLLECTION_LOGS, TOPIC_EVENTOS
from shop_simulator.record import Entry, expected_of

pytestmark = [*MARKS, pytest.mark.slow]

RECORD: Final = Path(".vitrine/flash-sale.json")
TARGET: Final = f"{NAME}-click-logger"
SETTINGS: Final = {
    # A replica does some 150 events a second, so that the stand-in of MongoDB is not the limit.
    "click-logger.config.batchSize": "10",
    "click-logger.resources.limits.cpu": "50m",
    "click-logger.resources.requests.cpu": "50m",
    "click-logger.probes.startup.failureThreshold": "90",
    "click-logger.autoscaling.scaleDownWindowSeconds": "60",
    "shop-simulator.config.eventsPerSecond": "10",
    # The figures of each look, and not of every third.
    "lag-scaler.config.statusSeconds": "0",
}
OBJECTIVE_SECONDS: Final = 30
SALE: Final = {"EVENTS_PER_SECOND": "200", "TIME_COMPRESSION": "0", "SHARE_BROKEN": "0"}
SALE_EVENTS: Final = 10_000
AWAY_SECONDS: Final = 120
LITTLE: Final = 300


@pytest.fixture(scope="module")
def watch(release: Release) -> Iterator[ScalingWatch]:
    """Of a slow click-logger with one replica, and an operator that knows nothing of it yet."""
    cluster = release.cluster
    cluster.kubectl("delete", "streamscaler", TARGET, "--ignore-not-found")
    cluster.kubectl("scale", f"deployment/{TARGET}", "--replicas=1")
    record = ScalingRecord(objective_seconds=OBJECTIVE_SECONDS, looks=[])
    watch = ScalingWatch(cluster, TARGET, record)
    reader = OffsetsReader(cluster, "kafka:9092", "click-logger", TOPIC_EVENTOS)
    with release.with_settings(**SETTINGS):
        with reader.reading(release.image("lag-scaler"), labels("lag-scaler")) as record.offsets:
            watch.until(lambda seen: seen.state == "Observing", "the operator has data")
            yield watch
            record.events, record.story = watch.events(), watch.story()
        record.save(RECORD)


def test_a_flash_sale_makes_it_grow_and_shrink_back(release: Release, watch: ScalingWatch) -> None:
    watch.until(
        lambda seen: (
            seen.replicas == seen.ready == 1 and seen.lag is not None and seen.lag < LITTLE
        ),
        "one replica keeps up",
    )
    shop = Shop(release.cluster, "flash-sale")
    began = datetime.now(UTC) - timedelta(minutes=1)
    producer = {"EVENT_PRODUCER_URL": f"http://{NAME}-{PRODUCER}:8001"}
    shop.open(release.image("shop-simulator"), SALE | producer, SENDER)
    watch.mark("the sale begins")
    watch.until(lambda seen: seen.replicas == 2, "a second replica is asked for")
    watch.until(lambda seen: seen.ready == 2, "the second replica is ready")
    watch.until(lambda _: shop.sent() >= SALE_EVENTS, "all customers have come")
    entries = shop.close()
    watch.mark("the sale ends")
    watch.until(_keeps_up, "the lag is gone")
    watch.until(lambda seen: seen.replicas == 1, "one replica is enough again")

    assert [replicas for _, replicas in watch.record.changes()] == [2, 1]
    up, down = (event for event in watch.events() if event.message.startswith("From "))
    assert up.what in ("ArrivalAboveCapacity", "LagAboveObjective")
    assert down.what == "FewerSuffice"
    for event in (up, down):
        assert "records/s" in event.message
        assert f"{event.what} " in watch.story()
        assert event.message in watch.story()
    _assert_logged(release, entries, since=began)
    assert_in_its_place(release, entries)
    assert_exact(release)


def _keeps_up(seen: Look) -> bool:
    return seen.lag is not None and seen.lag < LITTLE


def _assert_logged(release: Release, entries: list[Entry], *, since: datetime) -> None:
    """Each event that was accepted is in the log of clicks, whose ids are unique."""
    expected = expected_of(entries).events.keys()
    with release.mongo() as database:
        found = database[COLLECTION_LOGS].find({"gravado_em": {"$gte": since}}, {"_id": 1})
        lost = expected - {document["_id"] for document in found}
    assert not lost, f"{len(lost)} of {len(expected)} lost"


def test_it_waits_while_the_broker_is_away(release: Release, watch: ScalingWatch) -> None:
    before = watch.until(lambda seen: seen.replicas == seen.ready, "nothing is in motion")
    told = len(watch.events())
    watch.mark("the broker leaves")
    release.cluster.kubectl("scale", "statefulset/kafka", "--replicas=0")
    try:
        watch.until(lambda seen: seen.state == "NoData", "the operator has no data")
        back = time.monotonic() + AWAY_SECONDS
        last = watch.until(lambda _: time.monotonic() > back, "two minutes go by")
    finally:
        watch.mark("the broker returns")
        release.cluster.kubectl("scale", "statefulset/kafka", "--replicas=1")
    assert (last.state, last.reason, last.replicas) == ("NoData", "NoData", before.replicas)
    assert last.generation == before.generation
    assert "there is no data to decide on" in last.explanation
    watch.until(lambda seen: seen.state == "Observing", "the operator has data again")
    watch.until(_keeps_up, "the lag is gone")
    wait_until(lambda: "Observing" in _told(watch, told), "an event")
    assert _told(watch, told)[0] == "NoData"
    release.wait_until_ready()
    assert_exact(release)


def _told(watch: ScalingWatch, earlier: int) -> list[str]:
    """The reasons of the events after so many."""
    return [event.what for event in watch.events()[earlier:]]
