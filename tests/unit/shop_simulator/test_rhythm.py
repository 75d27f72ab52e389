"""The shop's day."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop_simulator.rhythm import Pace, busyness, shop_second

NOON_UTC = datetime(2025, 5, 14, 12, tzinfo=UTC)


def test_a_day_has_the_mean_rate() -> None:
    moments = range(0, 86_400, 60)
    assert sum(map(busyness, moments)) / len(moments) == pytest.approx(1.0)


def test_evenings_are_busier_than_nights() -> None:
    assert busyness(20.5 * 3600) > 5 * busyness(3.5 * 3600)


@given(st.floats(0, 86_400 * 3))
def test_the_rhythm_is_smooth(second: float) -> None:
    assert busyness(second) == pytest.approx(busyness(second + 1), abs=0.001)


@pytest.mark.parametrize(
    ("elapsed", "compression", "hour"),
    [(0, 1, 9), (3600, 1, 10), (60, 60, 10), (3600, 24, 9), (10_000, 0, 9)],
)
def test_shop_time(elapsed: float, compression: float, hour: int) -> None:
    second = shop_second(NOON_UTC, elapsed=elapsed, compression=compression)
    assert second == pytest.approx(hour * 3600)


def test_a_day_that_stands_still_has_an_even_rate() -> None:
    pace = Pace(NOON_UTC, rate=100, compression=0)
    assert [pace.due(step / 8) for step in range(1, 6)] == [12, 13, 12, 13, 12]


def test_no_event_is_lost_to_rounding() -> None:
    pace = Pace(NOON_UTC, rate=3, compression=0)
    assert sum(pace.due(step / 100) for step in range(1, 1001)) in {29, 30}


def test_a_compressed_day_has_the_mean_rate() -> None:
    pace = Pace(NOON_UTC, rate=100, compression=864)
    assert sum(pace.due(step / 50) for step in range(1, 5001)) == pytest.approx(10_000, rel=0.01)


def test_a_long_stall_is_not_made_up_for() -> None:
    pace = Pace(NOON_UTC, rate=10, compression=0, max_catch_up=5)
    assert pace.due(1000) == 50
