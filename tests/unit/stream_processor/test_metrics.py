"""What the driver remembers of the live figures."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.live_figures import ACTIVE_FOR
from stream_processor.metrics import (
    ARRIVALS,
    REPEATS,
    Group,
    Kind,
    LiveFigures,
    MinuteFigures,
    MinuteKey,
)

NOW = datetime(2025, 5, 14, 12, 0, 30, tzinfo=UTC)
SECOND = int(NOW.timestamp())
NOON = SECOND - 30
WINDOW = NOON * 1000


def sales(n: int, units: int, revenue: str, *, minute: int = NOON, revision: int = 1) -> Group:
    return Group(WINDOW, Kind.SALES, minute, "", n, units, Decimal(revenue), None, revision)


def views(product: str, n: int, *, minute: int = NOON, window: int = WINDOW) -> Group:
    return Group(window, Kind.VIEWS, minute, product, n, 0, Decimal(0), None, 1)


def active(customer: str, second: int) -> Group:
    return Group(WINDOW, Kind.ACTIVITY, 0, customer, 0, 0, Decimal(0), second, 1)


def test_newer_values_take_the_place_of_older_ones() -> None:
    figures = LiveFigures()
    figures.take([sales(1, 2, "9.90"), views("p1", 3)], now=NOW)
    changed = figures.take([sales(2, 1, "-0.10", revision=7)], now=NOW)
    assert changed == {MinuteKey(NOON, WINDOW)}
    found = figures.minutes[MinuteKey(NOON, WINDOW)]
    assert found == MinuteFigures(2, 1, Decimal("-0.10"), {"p1": 3}, 7)


def test_windows_of_a_minute_are_told_apart() -> None:
    figures = LiveFigures()
    later = WINDOW + 1_800_000
    figures.take([views("p1", 3), views("p1", 1, window=later)], now=NOW)
    assert [f.visualizacoes for f in figures.minutes.values()] == [{"p1": 3}, {"p1": 1}]


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 5), min_size=1), max_size=12
    ),
    st.integers(1, 8),
)
def test_the_most_viewed_are_those_of_all_although_only_changes_are_told(
    batches: list[dict[str, int]], limit: int
) -> None:
    totals: Counter[str] = Counter()
    figures = MinuteFigures()
    for added in batches:
        totals.update(added)
        for product in added:
            figures.take(views(product, totals[product]))
        figures.keep_most_viewed(limit)
        best = sorted(totals.items(), key=lambda v: (-v[1], v[0]))[:limit]
        assert figures.visualizacoes == dict(best)


def test_the_figures_name_a_thousand_products_of_a_minute_at_most() -> None:
    figures = LiveFigures()
    groups = [views(f"p{n:05d}", 2 if n == 4321 else 1) for n in range(5000)]
    figures.take(groups, now=NOW)
    found = figures.minutes[MinuteKey(NOON, WINDOW)].visualizacoes
    assert len(found) == 1000
    assert found["p04321"] == 2


def test_a_customer_moves_forward_in_time_and_never_back() -> None:
    figures = LiveFigures()
    figures.take([active("a", SECOND - 5), active("b", SECOND - 5)], now=NOW)
    figures.take([active("a", SECOND - 60), active("b", SECOND)], now=NOW)
    assert figures.active_per_second() == {SECOND - 5: 1, SECOND: 1}


def test_what_is_too_old_is_forgotten() -> None:
    figures = LiveFigures()
    figures.take([active("a", SECOND), views("p1", 1)], now=NOW)
    figures.take([], now=NOW + timedelta(minutes=6))
    assert figures.latest == {"a": SECOND}
    assert figures.minutes
    figures.take([], now=NOW + timedelta(minutes=6, seconds=1))
    assert figures.latest == {}
    figures.take([], now=NOW + timedelta(minutes=62))
    assert figures.minutes == {}


def test_a_minute_that_is_too_old_is_not_reported_as_changed() -> None:
    assert LiveFigures().take([views("p1", 1, minute=NOON - 3720)], now=NOW) == set()


@pytest.mark.parametrize(
    "shorter",
    [
        pytest.param(REPEATS, id="a window stays until nobody in it is active"),
        pytest.param(ARRIVALS, id="a customer changes window seldom"),
    ],
)
def test_spark_remembers_customers_for_as_long_as_they_are_active(shorter: timedelta) -> None:
    assert shorter >= ACTIVE_FOR
