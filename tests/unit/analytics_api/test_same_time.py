from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.sales import Cell
from analytics_api.same_time import DayCurve, compared_days, sold_before

SHOP = ZoneInfo("America/Sao_Paulo")
DAY = date(2025, 5, 13)
MIDNIGHT = datetime.combine(DAY, time())


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def cell(units: int, orders: int = 0) -> Cell:
    return Cell(units, Decimal(units), orders)


CURVE = DayCurve.of([(at(600), cell(-2, -1)), (at(0), cell(2, 1)), (at(60), cell(3, 1))])


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        pytest.param(0, Cell(), id="nothing before the day began"),
        pytest.param(1, cell(2, 1), id="its first minute is over"),
        pytest.param(60, cell(2, 1), id="the present minute does not count yet"),
        pytest.param(61, cell(5, 2), id="now it does"),
        pytest.param(599, cell(5, 2), id="nothing happened since"),
        pytest.param(1439, cell(3, 1), id="what was taken back no longer counts"),
    ],
)
def test_the_sums_before_a_minute(minute: int, expected: Cell) -> None:
    assert CURVE.before(at(minute)) == expected


def test_today_is_compared_with_yesterday_and_the_same_day_of_last_week() -> None:
    assert compared_days(date(2025, 3, 1)) == (date(2025, 2, 28), date(2025, 2, 22))


def test_the_time_of_day_is_that_of_the_shop() -> None:
    now = datetime(2025, 5, 15, 2, 30, 30, tzinfo=UTC)
    found = sold_before({DAY: CURVE}, DAY, now=now, zone=SHOP)
    assert found is not None
    assert found.until == datetime(2025, 5, 14, 2, 30, tzinfo=UTC)
    assert (found.day, found.sold) == (DAY, cell(3, 1))


def test_of_a_day_that_is_not_known_nothing_is_said() -> None:
    now = datetime(2025, 5, 15, 2, 30, tzinfo=UTC)
    assert sold_before({DAY: CURVE}, DAY - timedelta(days=6), now=now, zone=SHOP) is None


lines = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.integers(-2, 2).filter(bool))
)


@given(lines, st.integers(0, 10))
def test_steps_of_orders_add_up_to_the_rule(lines: list[tuple[int, str, int]], until: int) -> None:
    """An order counts when more of its units were bought before the minute than taken back."""
    changes: list[tuple[datetime, Cell]] = []
    net: defaultdict[str, int] = defaultdict(int)
    for minute in range(10):
        before = sum(units > 0 for units in net.values())
        sold = [(order, units) for when, order, units in lines if when == minute]
        for order, units in sold:
            net[order] += units
        orders = sum(units > 0 for units in net.values()) - before
        changes.append((at(minute), cell(sum(units for _, units in sold), orders)))
    expected: defaultdict[str, int] = defaultdict(int)
    for when, order, units in lines:
        expected[order] += units if when < until else 0
    counted = sum(units > 0 for units in expected.values())
    assert DayCurve.of(changes[::-1]).before(at(until)) == cell(sum(expected.values()), counted)
