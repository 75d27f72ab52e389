"""The pace of sales, and how long the stock lasts at it."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics_api.outlook import Outlook, SalesPace, outlook, pace_begins

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def hour(number: int) -> datetime:
    return NOW.replace(hour=number, minute=0)


def test_the_pace_begins_with_an_hour() -> None:
    assert pace_begins(NOW) == hour(7)
    assert pace_begins(hour(0)) == hour(0) - timedelta(hours=5)


@pytest.mark.parametrize(
    ("units", "since", "expected"),
    [
        pytest.param({12: 11}, None, 2.0, id="sales of this hour over five hours and a half"),
        pytest.param({7: 11, 12: 11}, None, 4.0, id="the first hour counts"),
        pytest.param({6: 11}, None, 0.0, id="the hour before it does not"),
        pytest.param({13: 11}, None, 0.0, id="nor one that lies ahead"),
        pytest.param({12: 10}, NOW - timedelta(hours=2), 5.0, id="a platform of two hours"),
        pytest.param({12: 11}, NOW - timedelta(days=9), 2.0, id="an old platform"),
        pytest.param({12: 1}, NOW - timedelta(seconds=9), 12.0, id="at least five minutes"),
        pytest.param({12: 1}, NOW + timedelta(hours=9), 12.0, id="a clock that lies ahead"),
        pytest.param({11: 5, 12: -7}, None, 0.0, id="more taken back than sold"),
        pytest.param({}, None, 0.0, id="nothing sold"),
    ],
)
def test_units_an_hour(units: dict[int, int], since: datetime | None, expected: float) -> None:
    rows = [("p1", hour(number), count) for number, count in units.items()]
    pace = SalesPace.of([*rows, ("p2", hour(12), 99)], since)
    assert pace.per_hour("p1", NOW) == pytest.approx(expected)


def test_what_was_sold_of_many_products_is_of_the_hours_that_count_now() -> None:
    pace = SalesPace.of([("p1", hour(12), 2), ("p1", hour(7), 3), ("p2", hour(12), -1)], None)
    ids, later = ["p1", "p2", "p3"], NOW + timedelta(hours=1)
    assert pace.sold(ids, NOW) == [5, 0, 0]
    assert pace.sold(ids, NOW) is pace.sold(ids, NOW + timedelta(minutes=1))
    assert pace.sold(ids, later) == [2, 0, 0]
    assert pace.sold(["p3", "p1"], later) == [0, 2]


@pytest.mark.parametrize(
    ("units", "per_hour", "expected"),
    [
        pytest.param(48, 2.0, Outlook(2.0, 1.0, NOW + timedelta(days=1)), id="a day"),
        pytest.param(0, 2.0, Outlook(2.0, 0.0, None), id="sold out"),
        pytest.param(0, 0.0, Outlook(0.0, 0.0, None), id="sold out, and nobody asks"),
        pytest.param(5, 0.0, Outlook(0.0, None, None), id="nothing sells"),
        pytest.param(2**31 - 1, 0.001, Outlook(0.001, None, None), id="longer than a calendar"),
    ],
)
def test_how_long_it_lasts(units: int, per_hour: float, expected: Outlook) -> None:
    assert outlook(units, per_hour, NOW) == expected
