"""What two rounds of offsets say: lag, backlog, moves, and partitions that are stuck."""

import pytest

from lag_scaler.law.observation import PartitionOffsets
from lag_scaler.law.offsets import Key, Reading, RoundTime, Track, lag, read


def partition(
    end: int, committed: int | None, *, start: int = 0, number: int = 0
) -> PartitionOffsets:
    return PartitionOffsets(topic="t", partition=number, start=start, end=end, committed=committed)


def readings(*rounds: tuple[PartitionOffsets, ...], seconds: float = 10.0) -> list[Reading]:
    tracks: dict[Key, Track] = {}
    found = []
    for n, partitions in enumerate(rounds):
        elapsed = seconds if n else 0.0
        reading, tracks = read(partitions, tracks, RoundTime(n * seconds, elapsed, 0.0))
        found.append(reading)
    return found


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        pytest.param(partition(100, 40), 60, id="end less committed"),
        pytest.param(partition(100, 40, start=90), 10, id="expired records are not waiting"),
        pytest.param(partition(5, 1_000_000), 0, id="a topic created anew"),
        pytest.param(partition(100, None), 0, id="no commit yet"),
        pytest.param(partition(100, 100), 0, id="all read"),
    ],
)
def test_lag(offsets: PartitionOffsets, expected: int) -> None:
    assert lag(offsets) == expected


def test_the_first_round_says_nothing_of_rates() -> None:
    (first,) = readings((partition(1000, 10),))
    assert (first.lag, first.arrived, first.backlog, first.moves) == (990, 0, 0, ())


def test_what_arrives_during_the_commit_interval_is_no_backlog() -> None:
    waiting = readings((partition(100, 100),), (partition(200, 100),), (partition(300, 200),))
    assert [r.lag for r in waiting] == [0, 100, 100]
    assert [r.backlog for r in waiting] == [0, 0, 0]


def test_what_a_commit_leaves_of_the_round_before_is_backlog() -> None:
    _, second = readings((partition(1000, 0),), (partition(1100, 200),))
    assert (second.arrived, second.backlog, second.lagging) == (100, 778, 1)
    (move,) = second.moves
    assert (move.offsets, move.seconds, move.was_busy) == (200, 10.0, True)


def test_a_topic_created_anew_gives_neither_arrivals_nor_moves() -> None:
    _, second = readings((partition(9000, 8000),), (partition(5, 8000),))
    assert (second.arrived, second.backlog, second.moves) == (0, 0, ())


def test_a_group_set_back_has_a_backlog_and_consumed_nothing() -> None:
    _, second = readings((partition(1000, 1000),), (partition(1000, 0),))
    assert (second.backlog, second.moves) == (998, ())


def test_a_partition_is_stuck_only_while_records_arrive() -> None:
    still = [(partition(100, 40),)] * 30
    assert readings(*still)[-1].stuck == ()
    growing = [(partition(100 + n, 40), partition(n, n, number=1)) for n in range(14)]
    found = readings(*growing)
    assert [r.stuck for r in found[11:13]] == [(), ("t/0",)]
    assert (found[-1].moving, found[-1].backlog) == (1, 0)


def test_a_long_commit_interval_is_not_stuck() -> None:
    tracks: dict[Key, Track] = {}
    for n in range(13):
        reading, tracks = read([partition(100 + n, 40)], tracks, RoundTime(n * 10.0, 10.0, 60.0))
    assert reading.stuck == ()


@pytest.mark.parametrize(
    ("committed", "spread"),
    [
        pytest.param((0, 0, 0, 0), 4.0, id="everywhere"),
        pytest.param((99, 99, 99, 0), 1.0, id="in one"),
        pytest.param((97, 98, 99, 99), 0.0, id="nowhere but for markers"),
    ],
)
def test_spread_counts_the_partitions_that_lag(committed: tuple[int, ...], spread: float) -> None:
    before = tuple(partition(99, -1, number=n) for n in range(4))
    after = tuple(partition(99, c, number=n) for n, c in enumerate(committed))
    assert readings(before, after)[-1].spread == pytest.approx(spread, abs=0.1)
