from datetime import UTC, datetime, timedelta

import pytest

from analytics_api.freshness import (
    METRICS_SLACK,
    STANDS_STILL_AFTER,
    CaughtUp,
    age_seconds,
    metrics_confirmed,
    stands_still,
)
from event_contracts.names import TOPIC_EVENTOS

T0 = datetime(2025, 5, 14, 12, tzinfo=UTC)
E0, E1 = (TOPIC_EVENTOS, 0), (TOPIC_EVENTOS, 1)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_a_quiet_shop_stays_fresh() -> None:
    caught_up = CaughtUp()
    for second in range(3):
        caught_up.observe(at(second), {E0: 10, E1: 0})
        caught_up.advance({E0: 10})
    assert caught_up.confirmed == at(2)


def test_a_pipeline_that_stands_still_grows_old() -> None:
    caught_up = CaughtUp()
    caught_up.observe(at(0), {E0: 10})
    caught_up.advance({E0: 10})
    for second in range(1, 4):
        caught_up.observe(at(second), {E0: 10 + second})
        caught_up.advance({E0: 10})
    assert caught_up.confirmed == at(0)


def test_one_that_runs_behind_is_as_old_as_what_it_has_reached() -> None:
    caught_up = CaughtUp()
    for second in range(10):
        caught_up.observe(at(second), {E0: 100 * second, E1: 5})
        caught_up.advance({E0: 50 * second, E1: 5})
    assert caught_up.confirmed == at(4)


def test_another_kafka_is_begun_anew() -> None:
    caught_up = CaughtUp()
    caught_up.observe(at(0), {E0: 1000})
    caught_up.observe(at(1), {E0: 3})
    caught_up.advance({E0: 3})
    assert caught_up.confirmed == at(1)


def test_long_backlogs_keep_few_samples_and_still_confirm() -> None:
    caught_up = CaughtUp()
    for second in range(5000):
        caught_up.observe(at(second), {E0: second})
    caught_up.advance({E0: 4000})
    assert caught_up.confirmed is not None
    assert at(3900) < caught_up.confirmed <= at(4000)


@pytest.mark.parametrize(
    ("polled", "newest", "moved", "expected"),
    [
        pytest.param(at(9), at(8), at(8), at(9), id="the metrics keep up"),
        pytest.param(at(99), at(1), at(1), at(99), id="nothing happens in the shop"),
        pytest.param(at(99), at(1), at(98), at(1), id="the figures query stands still"),
        pytest.param(at(99), None, at(98), None, id="and never wrote anything"),
        pytest.param(at(99), None, None, at(99), id="an empty shop"),
        pytest.param(None, None, at(1), None, id="never asked"),
        pytest.param(at(99), at(1), at(1) + METRICS_SLACK, at(99), id="within the slack"),
    ],
)
def test_metrics_confirmed(
    polled: datetime | None,
    newest: datetime | None,
    moved: datetime | None,
    expected: datetime | None,
) -> None:
    found = metrics_confirmed(polled_at=polled, newest=newest, ledger_moved_at=moved)
    assert found == expected


@pytest.mark.parametrize(
    ("ahead_since", "moved_at", "now", "expected"),
    [
        pytest.param(None, at(0), at(999), False, id="nothing lies on Kafka: a quiet shop"),
        pytest.param(None, None, at(999), False, id="an empty one"),
        pytest.param(at(100), at(0), at(101), False, id="the first record after a quiet time"),
        pytest.param(at(100), at(0), at(129.9), False, id="not yet for so long"),
        pytest.param(at(100), at(0), at(130), True, id="and nothing was done since"),
        pytest.param(at(0), at(100), at(129.9), False, id="a busy pipeline, always behind"),
        pytest.param(at(0), at(100), at(130), True, id="that stopped"),
        pytest.param(at(0), None, at(29), False, id="a fresh platform that is starting"),
        pytest.param(at(0), None, at(0) + STANDS_STILL_AFTER, True, id="and never started"),
    ],
)
def test_stands_still(
    ahead_since: datetime | None, moved_at: datetime | None, now: datetime, expected: bool
) -> None:
    assert stands_still(ahead_since=ahead_since, moved_at=moved_at, now=now) is expected


def test_age_is_never_negative_and_unknown_stays_unknown() -> None:
    assert age_seconds(at(0), now=at(2.26)) == 2.3
    assert age_seconds(at(5), now=at(2)) == 0.0
    assert age_seconds(None, now=at(2)) is None
