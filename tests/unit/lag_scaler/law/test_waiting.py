"""The age of the oldest record that is not committed, as the figures of a decision tell it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.support.scaled_group import ScaledGroup

from lag_scaler.law import PartitionOffsets, ScalerState, ScalingPolicy

POLICY = ScalingPolicy(max_replicas=6, scale_down_window_seconds=300)


def busy_group(*, commit_seconds: int = 10) -> ScaledGroup:
    """6 consumers read 420 records a second from 24 partitions."""
    group = ScaledGroup(POLICY, partitions=24, replicas=6, commit_seconds=commit_seconds)
    group.run(600, arrival=420)
    return group


def age(group: ScaledGroup) -> float:
    seconds = group.last.figures.lag_seconds
    assert seconds is not None
    return seconds


@pytest.mark.parametrize(
    ("stuck", "arrival", "seconds"),
    [
        pytest.param(range(24), 420, 20, id="dead for a moment"),
        pytest.param(range(24), 420, 1800, id="dead"),
        pytest.param([7], 420, 3600, id="one partition stuck"),
        pytest.param(range(24), 5, 1800, id="hardly anything arrives"),
    ],
)
def test_what_stands_still_grows_older(stuck: Iterable[int], arrival: float, seconds: int) -> None:
    group = busy_group()
    assert age(group) == 0
    group.stuck = set(stuck)
    group.run(seconds, arrival=arrival)
    assert age(group) == pytest.approx(seconds, abs=10)


def test_a_dead_group_grows_older_though_nothing_arrives() -> None:
    group = busy_group()
    group.stuck = set(range(24))
    group.run(60, arrival=420)
    group.run(1800, arrival=0)
    assert age(group) == pytest.approx(1860, abs=10)


def test_a_group_that_moves_is_as_old_as_its_backlog_and_older_when_it_dies() -> None:
    group = busy_group()
    group.run(1200, arrival=1000)
    assert group.last.explanation.endswith("467,952 records is 468 s behind (objective 30 s).")
    assert age(group) == pytest.approx(468, abs=1)
    group.stuck = set(range(24))
    group.run(600, arrival=1000)
    assert age(group) == pytest.approx(468 + 600, abs=1)


def test_a_rare_commit_makes_records_wait_for_it() -> None:
    group = busy_group(commit_seconds=60)
    decisions = group.run(60, arrival=420)
    assert [d.figures.lag_seconds for d in decisions] == [0, 10, 20, 30, 40, 0]


def partition(end: int, committed: int | None) -> PartitionOffsets:
    return PartitionOffsets(topic="t", partition=0, start=0, end=end, committed=committed)


def ages(*rounds: PartitionOffsets) -> list[float | None]:
    """Of rounds in which one partition is as given, 10 seconds after each other."""
    group = ScaledGroup(POLICY, partitions=1, replicas=1)
    return [group.see([each]).figures.lag_seconds for each in rounds]


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        pytest.param(
            [partition(6_000_000, 0)] * 4, [0, 10, 20, 30], id="dead when it is first seen"
        ),
        pytest.param(
            [partition(n, None) for n in (50, 50, 60, 60, 70)],
            [0, 0, 0, 10, 20],
            id="never committed, since records arrive",
        ),
        pytest.param([partition(100, 99)] * 3, [0, 0, 0], id="a marker is no record"),
        pytest.param(
            [partition(99, 99), partition(100, 99), partition(100, 99), partition(100, 100)],
            [0, 0, 10, 0],
            id="one record",
        ),
        pytest.param(
            [partition(n, 10) for n in (100, 200, 10, 15, 15)], [0, 10, 0, 0, 10], id="a new topic"
        ),
        pytest.param(
            [partition(n, c) for n, c in ((90, 10), (95, 90), (99, 95))],
            [0, 0, 0],
            id="it moves",
        ),
    ],
)
def test_age_of_one_partition(rounds: list[PartitionOffsets], expected: list[float | None]) -> None:
    assert ages(*rounds) == expected


def test_neither_lost_data_nor_a_restart_makes_records_younger() -> None:
    group = busy_group()
    group.stuck = set(range(24))
    group.run(60, arrival=420)
    group.lose_data(900, arrival=420)
    group.state = ScalerState.from_document(group.state.to_document())
    group.run(10, arrival=420)
    assert age(group) == pytest.approx(970, abs=10)


def test_a_state_that_knows_no_waiting_is_read() -> None:
    group = busy_group()
    group.stuck = {7}
    group.run(600, arrival=420)
    document = group.state.to_document()
    assert len(document["waiting"]) == 1
    del document["waiting"]
    assert ScalerState.from_document(document) == replace(group.state, waiting={})
