from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.tiling import AFTER, BEFORE, DAYS, MONTHS, QUARTERS, Tile, first_kept, tiles

DAY = timedelta(days=1)
days = st.dates(date(2019, 11, 20), date(2024, 3, 10))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(
            date(2025, 5, 14),
            date(2025, 5, 14),
            [Tile(DAYS, date(2025, 5, 14), date(2025, 5, 14))],
            id="a day",
        ),
        pytest.param(
            date(2025, 5, 1),
            date(2025, 5, 31),
            [Tile(MONTHS, date(2025, 5, 1), date(2025, 5, 31))],
            id="a month",
        ),
        pytest.param(
            date(2025, 2, 27),
            date(2025, 8, 1),
            [
                Tile(DAYS, date(2025, 2, 27), date(2025, 2, 28)),
                Tile(MONTHS, date(2025, 3, 1), date(2025, 3, 31)),
                Tile(QUARTERS, date(2025, 4, 1), date(2025, 6, 30)),
                Tile(MONTHS, date(2025, 7, 1), date(2025, 7, 31)),
                Tile(DAYS, date(2025, 8, 1), date(2025, 8, 1)),
            ],
            id="all three",
        ),
    ],
)
def test_tiles(first: date, last: date, expected: list[Tile]) -> None:
    assert tiles(first, last, since=BEFORE) == expected


@given(days, days)
def test_tiles_hold_each_day_once_and_few_days_one_by_one(one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    found = tiles(first, last, since=BEFORE)
    assert (found[0].first, found[-1].last) == (first, last)
    for tile, after in pairwise(found):
        assert tile.last + DAY == after.first
    for tile in found:
        wide = {QUARTERS: 3, MONTHS: 1}.get(tile.table)
        if wide is not None:
            assert tile.first.day == (tile.last + DAY).day == 1
            assert (tile.first.month - 1) % wide == 0
    assert sum((t.last - t.first).days + 1 for t in found if t.table == DAYS) <= 60


@given(days)
def test_an_open_period_is_what_was_before_and_what_is_kept(since: date) -> None:
    since = since.replace(day=1)
    before, *kept = tiles(BEFORE, AFTER, since=since)
    assert before == Tile(QUARTERS, BEFORE, BEFORE)
    assert (kept[0].first, kept[-1].last) == (since, AFTER)
    assert tiles(BEFORE, since - DAY, since=since) == [before]


M1, M2, M3 = (date(2025, month, 1) for month in (1, 2, 3))


@pytest.mark.parametrize(
    ("most", "expected"),
    [(60, BEFORE), (59, M2), (50, M2), (49, M3), (30, M3), (1, M3)],
)
def test_first_kept(most: int, expected: date) -> None:
    assert first_kept({M1: 10, M3: 30, M2: 20}, most) == expected
    assert first_kept({}, most) == BEFORE
