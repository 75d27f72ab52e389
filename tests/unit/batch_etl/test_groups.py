"""Work in pieces that are not too large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_etl.groups import grouped


def groups_of(sizes: list[int]) -> list[list[int]]:
    return list(grouped(sizes, lambda size: size, at_most=100))


@given(st.lists(st.integers(min_value=0, max_value=100)))
def test_groups_hold_every_item_once_and_are_no_larger_than_they_may_be(sizes: list[int]) -> None:
    groups = groups_of(sizes)
    assert [size for group in groups for size in group] == sizes
    assert all(sum(group) <= 100 for group in groups)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([40, 60, 1], [[40, 60], [1]], id="as many as fit"),
        pytest.param([500, 1], [[500], [1]], id="a larger one alone"),
        pytest.param([10, 500, 10], [[10], [500], [10]], id="a larger one between others"),
        pytest.param([0, 0], [[0, 0]], id="empty ones"),
    ],
)
def test_groups(sizes: list[int], expected: list[list[int]]) -> None:
    assert groups_of(sizes) == expected
