"""What was counted by classes becomes a histogram, later."""

from itertools import pairwise

import pytest

from service_runtime.age_classes import CLASSES, EDGES
from service_runtime.age_histogram import aged

WEEK = 7 * 86_400.0
FIVE = next(number for number, edge in enumerate(EDGES) if edge >= 5)


def counts(**of_class: int) -> list[int]:
    """By the names of some classes."""
    places = {"youngest": 0, "five": FIVE, "oldest": CLASSES - 1}
    found = [0] * CLASSES
    for name, count in of_class.items():
        found[places[name]] = count
    return found


def test_the_classes_are_seven_percent_wide_from_a_moment_to_a_week() -> None:
    assert (EDGES[0], EDGES[-1], CLASSES) == (0.01, WEEK, len(EDGES) + 1)
    for before, edge in pairwise(EDGES):
        assert 1.07 < edge / before < 1.08


@pytest.mark.parametrize(
    ("counted", "seconds", "expected"),
    [
        pytest.param(counts(youngest=2, five=3), 0, [2, 3, 0], id="at once"),
        pytest.param(counts(youngest=2, five=3), 0.99, [2, 3, 0], id="a bound is in its bucket"),
        pytest.param(counts(youngest=2, five=3), 8, [0, 2, 3], id="all became older"),
        pytest.param(counts(oldest=4), 0, [0, 0, 4], id="above all bounds"),
        pytest.param(counts(youngest=1), -5, [1, 0, 0], id="a clock that was set back"),
    ],
)
def test_each_is_in_one_bucket(counted: list[int], seconds: float, expected: list[int]) -> None:
    assert aged(counted, seconds=seconds, bounds=(1.0, 10.0)).counts == expected


def test_the_sum_and_the_ends_are_those_of_the_classes() -> None:
    found = aged(counts(youngest=2, oldest=1), seconds=1, bounds=(1.0,))
    assert found.total == pytest.approx(2 * 1.01 + WEEK + 1)
    assert (found.smallest, found.largest) == (1.01, WEEK + 1)
