"""How a batch stands to the ledger."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.ledger import GapError, LedgerRow, OffsetRange, Standing, standing


@pytest.mark.parametrize(
    ("ranges", "done", "expected"),
    [
        pytest.param([(0, 5, 9)], {0: 5}, Standing.NEW, id="continues the ledger"),
        pytest.param([(0, 5, 9)], {}, Standing.NEW, id="a partition never read begins anywhere"),
        pytest.param([(0, 5, 9)], {0: 9}, Standing.DONE, id="was committed before a crash"),
        pytest.param([(0, 5, 9)], {0: 20}, Standing.DONE, id="lies far behind the ledger"),
        pytest.param([(0, 5, 9), (1, 0, 2)], {0: 5, 1: 0}, Standing.NEW, id="two partitions"),
        pytest.param([], {0: 5}, Standing.DONE, id="nothing read"),
    ],
)
def test_standing(
    ranges: list[tuple[int, int, int]], done: dict[int, int], expected: Standing
) -> None:
    assert standing([OffsetRange(*r) for r in ranges], done) is expected


@pytest.mark.parametrize(
    ("ranges", "done"),
    [
        pytest.param([(0, 6, 9)], {0: 5}, id="leaves a gap"),
        pytest.param([(0, 4, 9)], {0: 5}, id="overlaps"),
        pytest.param([(0, 5, 9), (1, 0, 2)], {0: 5, 1: 2}, id="half done"),
    ],
)
def test_what_does_not_continue_is_refused(
    ranges: list[tuple[int, int, int]], done: dict[int, int]
) -> None:
    with pytest.raises(GapError):
        standing([OffsetRange(*r) for r in ranges], done)


@given(cuts=st.lists(st.integers(0, 1000), min_size=2, max_size=30, unique=True).map(sorted))
def test_ranges_that_are_accepted_tile_the_partition(cuts: list[int]) -> None:
    """Replay every range twice, in order: each is written once, and they tile."""
    done: dict[int, int] = {}
    written = []
    for off_from, off_to in pairwise(cuts):
        offered = OffsetRange(0, off_from, off_to)
        for _ in range(2):
            if standing([offered], done) is Standing.NEW:
                written.append(offered)
                done[0] = off_to
    assert [r.off_from for r in written] == cuts[:-1]
    assert [r.off_to for r in written] == cuts[1:]


def test_a_ledger_row_must_add_up() -> None:
    with pytest.raises(GapError):
        LedgerRow(OffsetRange(0, 0, 10), n_read=10, n_written=5, n_duplicate=1, n_dead=1)
    with pytest.raises(GapError):
        LedgerRow(OffsetRange(0, 0, 11), n_read=10, n_written=8, n_duplicate=1, n_dead=1)
