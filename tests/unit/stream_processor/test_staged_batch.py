"""What tasks read becomes the slices of the ranges that were planned."""

from datetime import UTC, datetime, timedelta

import pytest

from stream_processor.staged_batch import counted_ages, merged_bounds, slices
from stream_processor.staging_task import StagedPart
from warehouse.feeds.feed import Bounds
from warehouse.ledger import GapError, OffsetRange
from warehouse.load import Slice
from warehouse.row_ages import RowAges

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLANNED = [OffsetRange("a", 0, 5, 9), OffsetRange("a", 1, 0, 2), OffsetRange("b", 0, 0, 4)]


def test_a_range_of_which_nothing_was_read_is_empty_and_kept() -> None:
    parts = [StagedPart("a", 0, n_valid=2, n_dead=1), StagedPart("b", 0, n_valid=4, n_dead=0)]
    assert slices(PLANNED, parts) == [
        Slice(PLANNED[0], 2, 1),
        Slice(PLANNED[1], 0, 0),
        Slice(PLANNED[2], 4, 0),
    ]


def test_parts_of_one_partition_add_up() -> None:
    parts = [StagedPart("a", 1, n_valid=1, n_dead=0), StagedPart("a", 1, n_valid=0, n_dead=1)]
    assert slices(PLANNED[1:2], parts) == [Slice(PLANNED[1], 1, 1)]


def test_records_that_were_not_planned_are_refused() -> None:
    with pytest.raises(GapError):
        slices(PLANNED[:1], [StagedPart("b", 0, n_valid=1, n_dead=0)])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([("a", 0, [0, 2, 1])], [RowAges("a", 0, 9, NOW, [0, 2, 1])], id="one part"),
        pytest.param(
            [("b", 0, [1, 0]), ("a", 1, [0, 4]), ("a", 1, [3, 1])],
            [RowAges("a", 1, 2, NOW, [3, 5]), RowAges("b", 0, 4, NOW, [1, 0])],
            id="parts of one partition add up",
        ),
        pytest.param(
            [("a", 0, [0, 0]), ("b", 0, [1, 0])],
            [RowAges("b", 0, 4, NOW, [1, 0])],
            id="dead letters alone have none",
        ),
        pytest.param([("a", 0, []), ("a", 1, [])], [], id="nothing was counted"),
        pytest.param([], [], id="nothing was read"),
    ],
)
def test_each_range_with_rows_has_their_ages(
    parts: list[tuple[str, int, list[int]]], expected: list[RowAges]
) -> None:
    staged = [
        StagedPart(topic, partition, n_valid=sum(ages), n_dead=1, ages=ages)
        for topic, partition, ages in parts
    ]
    assert counted_ages(PLANNED, staged, at=NOW) == expected


def test_bounds_span_all_parts() -> None:
    later = NOW + timedelta(hours=1)
    found = [Bounds(NOW, NOW), None, Bounds(later, later)]
    assert merged_bounds(found) == Bounds(NOW, later)
