"""The figures that follow from the record of a scaled group."""

import pytest
from tests.support.scaling_record import (
    Look,
    Offsets,
    ScalingRecord,
    ages,
    arrivals,
    commits,
    over,
)

OFFSETS = [
    Offsets(100.0, (10, 50), (10, 50)),
    Offsets(101.0, (20, 50), (10, 50)),
    Offsets(103.0, (40, 51), (10, 50)),
    Offsets(110.0, (40, 90), (30, 90)),
    Offsets(120.0, (40, 90), (40, 90)),
]


def test_the_oldest_record_came_when_the_end_passed_it() -> None:
    # At 110 offset 30 is next, and it came between 101 and 103.
    assert ages(OFFSETS) == [(100, 0), (101, 0), (103, 2), (110, 7), (120, 0)]


def test_rates_are_of_the_last_ten_seconds() -> None:
    assert arrivals(OFFSETS)[-2:] == [(110, 7.0), (120, 0.0)]
    assert commits(OFFSETS)[-2:] == [(110, 6.0), (120, 1.0)]


@pytest.mark.parametrize(
    ("level", "after", "expected"), [(1, 0, 103), (2, 0, 110), (1, 104, 110), (7, 0, None)]
)
def test_the_first_point_over_a_level(level: float, after: float, expected: float | None) -> None:
    assert over(ages(OFFSETS), level, after=after) == expected


def test_the_changes_of_the_replicas() -> None:
    looks = [
        Look(at=at, replicas=replicas, ready=1, generation=1)
        for at, replicas in ((1.0, 1), (2.0, 2), (3.0, 2), (4.0, 1))
    ]
    assert ScalingRecord(objective_seconds=30, looks=looks).changes() == [(2, 2), (4, 1)]
