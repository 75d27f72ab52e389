"""Slices of one partition become one."""

import pytest

from warehouse.ledger import GapError, OffsetRange
from warehouse.load import Slice, merge


def _slice(partition: int, off_from: int, off_to: int, n_dead: int = 0) -> Slice:
    return Slice(OffsetRange(partition, off_from, off_to), off_to - off_from - n_dead, n_dead)


def test_slices_that_follow_one_another_become_one_per_partition() -> None:
    merged = merge([_slice(1, 7, 9), _slice(0, 5, 8, n_dead=1), _slice(0, 2, 5, n_dead=2)])
    assert merged == [_slice(0, 2, 8, n_dead=3), _slice(1, 7, 9)]


@pytest.mark.parametrize("second", [_slice(0, 6, 8), _slice(0, 4, 8)], ids=["gap", "overlap"])
def test_slices_that_do_not_follow_are_refused(second: Slice) -> None:
    with pytest.raises(GapError):
        merge([_slice(0, 2, 5), second])
