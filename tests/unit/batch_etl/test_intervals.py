"""Intervals of days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_etl.intervals import Interval

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(days, st.integers(0, 400), st.integers(1, 50))
def test_pieces_are_the_same_days_in_order(first: date, length: int, most: int) -> None:
    whole = Interval(first, first + timedelta(length))
    pieces = list(whole.pieces(most))
    assert [day for piece in pieces for day in piece.days] == whole.days
    assert all(len(piece.days) <= most for piece in pieces)
    assert len(pieces) == -(-len(whole.days) // most)


def test_both_ends_are_within() -> None:
    interval = Interval(date(2026, 11, 1), date(2026, 11, 3))
    within = [date(2026, 11, day) in interval for day in (1, 2, 3, 4)]
    assert within == [True, True, True, False]
    assert date(2026, 10, 31) not in interval


def test_one_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends on 2026-11-01, before it begins on 2026-11-02"):
        Interval(date(2026, 11, 2), date(2026, 11, 1))
