"""The port of KEDA's scaler by hand-computed cases, and the law beside it on a few cells."""

import numpy as np
import pytest
from tests.bench.scaling.assignment import Ints, sticky
from tests.bench.scaling.figures import ideal_replicas, reversals
from tests.bench.scaling.grid import compared
from tests.bench.scaling.keda import Autoscaler, KafkaScaler, Trigger, desired
from tests.bench.scaling.traces import step
from tests.bench.scaling.world import Cell


def row(*values: int) -> Ints:
    return np.array([values])


def polled(trigger: Trigger, end: Ints, committed: Ints) -> int:
    return int(KafkaScaler(trigger).poll(end, committed).lag[0])


@pytest.mark.parametrize(
    ("trigger", "end", "committed", "expected"),
    [
        pytest.param(Trigger(), row(7, 8), row(2, 8), 5, id="the sum of the lags"),
        pytest.param(Trigger(), row(900, 900), row(0, 0), 20, id="as many as partitions"),
        pytest.param(Trigger(), row(15, 14), row(0, 0), 29, id="29 / 10 is 2 in integers"),
        pytest.param(Trigger(), row(500, 3), row(-1, -1), 2, id="offset -1 is a lag of 1 each"),
        pytest.param(
            Trigger(allow_idle_consumers=True), row(900, 900), row(0, 0), 1800, id="idle allowed"
        ),
        pytest.param(
            Trigger(limit_to_partitions_with_lag=True), row(900, 9), row(0, 9), 10, id="one lags"
        ),
        pytest.param(
            Trigger(even_distribution=True),
            np.full((1, 24), 7),
            np.zeros((1, 24), int),
            240,
            id="168 / 10 would be 17, the next factor of 24 is 24",
        ),
    ],
)
def test_keda_gives_the_lag(trigger: Trigger, end: Ints, committed: Ints, expected: int) -> None:
    assert polled(trigger, end, committed) == expected


def test_keda_leaves_out_persistent_lag_but_stays_active() -> None:
    scaler = KafkaScaler(Trigger(exclude_persistent_lag=True))
    first = scaler.poll(row(50, 50), row(10, 10))
    second = scaler.poll(row(60, 60), row(10, 55))
    assert (int(first.lag[0]), int(second.lag[0])) == (20, 5)
    assert bool(second.is_active[0])


@pytest.mark.parametrize(
    ("threshold", "is_active"),
    [pytest.param(4, True, id="above"), pytest.param(5, False, id="not above")],
)
def test_keda_is_active_above_its_activation_threshold(threshold: int, is_active: bool) -> None:
    metric = KafkaScaler(Trigger(activation_lag_threshold=threshold)).poll(row(5), row(0))
    assert bool(metric.is_active[0]) is is_active


@pytest.mark.parametrize(
    ("lag", "current", "expected"),
    [
        pytest.param(240, 22, 22, id="22 of 24: 1.09 is within the tolerance"),
        pytest.param(240, 21, 24, id="21 of 24: 1.14 is not"),
        pytest.param(39, 3, 4, id="4 for 3: 39 / 10 is not more than 3 in KEDA's integers"),
        pytest.param(95, 10, 10, id="0.95 is within the tolerance"),
        pytest.param(0, 5, 0, id="nothing"),
    ],
)
def test_the_autoscaler_wants(lag: int, current: int, expected: int) -> None:
    assert int(desired(np.array([lag]), 10, np.array([current]))[0]) == expected


def synced(lags: list[int], current: int) -> list[int]:
    autoscaler = Autoscaler(10, 1, 100)
    found = []
    for lag in lags:
        current = int(autoscaler.sync(np.array([lag]), np.array([current]))[0])
        found.append(current)
    return found


def test_the_autoscaler_goes_up_by_four_or_doubles() -> None:
    assert synced([300, 300, 300, 300], 1) == [5, 10, 20, 30]


def test_the_autoscaler_goes_down_to_the_greatest_of_five_minutes() -> None:
    assert synced([100] + [20] * 20, 10) == [10] * 20 + [2]


def test_assignment_is_even_and_sticky() -> None:
    first = sticky(np.full(24, -1), list(range(5)))
    second = sticky(first, list(range(6)))
    assert sorted(np.bincount(first)) == [4, 5, 5, 5, 5]
    assert np.bincount(second).tolist() == [4] * 6
    assert int((first != second).sum()) == 4


def test_reversals_are_changes_of_direction() -> None:
    assert reversals(np.array([2, 4, 4, 8, 6, 6, 6, 7])) == 2


def test_the_ideal_fits_the_partitions() -> None:
    assert set(ideal_replicas(step(), 24).tolist()) == {5, 24}


@pytest.mark.parametrize("name", ["step", "steady"])
def test_the_law_is_quicker_and_calmer_than_keda_tuned(name: str) -> None:
    result = compared(Cell(name, 500.0, 6, 5), seeds=(1, 2))
    law, tuned = result.law, result.tuned
    assert law.p99_lag_seconds <= 0.5 * tuned.p99_lag_seconds
    assert law.events <= 0.25 * tuned.events
    assert law.reversals <= (0 if name == "steady" else 0.25 * tuned.reversals)
    assert law.cost <= 1.3 * tuned.cost


@pytest.mark.parametrize("commit_seconds", [5, 60])
def test_a_flash_sale_gets_exactly_the_partitions_in_time(commit_seconds: int) -> None:
    result = compared(Cell("flash-sale", 500.0, 6, commit_seconds), seeds=(1,))
    assert result.law.most == 6
    assert result.law.p99_lag_seconds <= 30
