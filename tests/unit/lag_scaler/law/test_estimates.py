"""Arrival rate, capacity, need, window, trials: each estimate for itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lag_scaler.law.arrival import Arrival, updated_arrival
from lag_scaler.law.capacity import Capacity, updated_capacity
from lag_scaler.law.need import Load, compute_need
from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.throughput import Episode
from lag_scaler.law.trial import Pause, Trial, Verdict, is_pause_in_force, judge_trial, next_pause
from lag_scaler.law.window import Window, updated_window

POLICY = ScalingPolicy(max_lag_seconds=30, drain_deadline_seconds=60, start_up_seconds=30)
LOAD = Load(
    arrival_rate=800,
    expected_rate=800,
    backlog=0,
    spread=24,
    capacity=100,
    replicas=12,
    ready=12,
    partitions=24,
)


def arrived(rate: float, sample: float | None = None) -> Arrival:
    """A load that has been even, but for its last sample."""
    return Arrival(rate, rate if sample is None else sample, rate, rate)


@pytest.mark.parametrize(
    ("before", "sample", "expected"),
    [
        pytest.param(None, 50, 50, id="the first sample"),
        pytest.param(arrived(100), 300, 300, id="a leap is followed at once"),
        pytest.param(arrived(100, 160), 170, 160, id="two high samples are a jump"),
        pytest.param(arrived(100), 160, 109.2, id="one high sample is noise"),
        pytest.param(arrived(100), 0, 92.0, id="falling is slow"),
    ],
)
def test_arrival(before: Arrival | None, sample: float, expected: float) -> None:
    assert updated_arrival(before, sample, elapsed=10).rate == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([100, 140, 210, 280], 280 + 70 * 6, id="as it rises in the last round"),
        pytest.param([100, 110, 120, 200], 200 + 20 * 6, id="no more than twice its least rise"),
        pytest.param([100, 140, 130, 200], 112.9, id="not if it fell in between"),
        pytest.param([100, 100, 300, 300], 300, id="a step is over when it is made"),
        pytest.param([100, 60, 80, 120], 99.4, id="not from a dip back to the rate"),
        pytest.param([100, 101, 102, 103], 100.4, id="a slow growth is only followed"),
    ],
)
def test_a_surge_is_expected_to_go_on_while_consumers_start(
    samples: list[float], expected: float
) -> None:
    arrival: Arrival | None = arrived(100)
    for sample in samples:
        arrival = updated_arrival(arrival, sample, elapsed=5)
    assert arrival is not None
    assert arrival.expected(30) == pytest.approx(expected, abs=0.1)


def episode(throughput: float, *, saturated: bool, ready: int, seconds: float = 60) -> Episode:
    consumed = int(throughput * seconds)
    return Episode(0, ready, saturated, consumed, covered_seconds=seconds * 24, partitions=24)


@pytest.mark.parametrize(
    ("seen_episode", "expected", "confidence"),
    [
        pytest.param(episode(1000, saturated=True, ready=10), 100, 0.5, id="all busy"),
        pytest.param(episode(960, saturated=False, ready=13), 80, 0.0, id="13 as fast as 12"),
        pytest.param(episode(1000, saturated=True, ready=10, seconds=9), None, 0.0, id="short"),
        pytest.param(episode(1000, saturated=True, ready=0), None, 0.0, id="nobody"),
    ],
)
def test_capacity_of_one_episode(
    seen_episode: Episode, expected: float | None, confidence: float
) -> None:
    capacity = updated_capacity(Capacity(), seen_episode, partitions=24)
    assert (capacity.per_replica, capacity.confidence) == (expected, confidence)


def test_less_than_the_lower_bound_is_the_sink_until_a_step_up_has_worked() -> None:
    bounded = Capacity(lower_bound=70)
    slow = episode(400, saturated=True, ready=10)
    assert updated_capacity(bounded, slow, partitions=24) == bounded
    assert updated_capacity(bounded.with_less_confidence(), slow, partitions=24).learnt == 40


def test_a_slow_sink_does_not_lower_a_capacity_but_a_doubted_one_gives_way() -> None:
    known = Capacity(learnt=100, seconds=120)
    slow = episode(400, saturated=True, ready=10)
    assert updated_capacity(known, slow, partitions=24) == known
    doubted = updated_capacity(known.with_less_confidence(), slow, partitions=24).per_replica
    assert doubted == pytest.approx(55)


def loaded(rate: float) -> Load:
    return replace(LOAD, arrival_rate=rate, expected_rate=rate)


@pytest.mark.parametrize(
    ("load", "at_target", "draining"),
    [
        pytest.param(
            replace(LOAD, expected_rate=1200), 15, 0, id="what is expected when they are ready"
        ),
        pytest.param(LOAD, 10, 0, id="arrival over utilisation"),
        pytest.param(replace(LOAD, backlog=9_000), 10, 0, id="a backlog within the objective"),
        pytest.param(replace(LOAD, backlog=60_000), 10, 10, id="a backlog over the objective"),
        pytest.param(
            replace(LOAD, backlog=60_000, spread=1), 10, 0, id="a backlog in one partition"
        ),
        pytest.param(loaded(1600), 20, 2, id="with what arrives while starting"),
        pytest.param(replace(loaded(400), backlog=48_000), 5, 0, id="it drains in time anyway"),
    ],
)
def test_need(load: Load, at_target: float, draining: float) -> None:
    need = compute_need(load, POLICY)
    assert need is not None
    assert (need.at_target, need.draining) == (at_target, draining)


def test_without_a_capacity_only_nothing_is_known_to_need_nothing() -> None:
    assert compute_need(replace(LOAD, capacity=0), POLICY) is None
    nothing = compute_need(replace(loaded(0), capacity=0), POLICY)
    assert nothing is not None
    assert nothing.total == 0


@given(
    arrival=st.floats(0, 1e7),
    backlog=st.integers(0, 10**10),
    more_arrival=st.floats(0, 1e7),
    more_backlog=st.integers(0, 10**10),
    ready=st.integers(0, 30),
)
def test_need_is_monotone_in_arrival_and_backlog(
    arrival: float, backlog: int, more_arrival: float, more_backlog: int, ready: int
) -> None:
    load = replace(loaded(arrival), backlog=backlog, ready=ready)
    more = replace(load, backlog=backlog + more_backlog)
    low, high = compute_need(load, POLICY), compute_need(more, POLICY)
    assert low is not None
    assert high is not None
    assert low.total <= high.total
    rate = arrival + more_arrival
    busier = compute_need(replace(loaded(rate), backlog=backlog, ready=ready), POLICY)
    assert busier is not None
    assert low.at_target <= busier.at_target


def test_the_window_forgets_what_is_older_than_it_is_long() -> None:
    window: Window | None = None
    for at, need in ((0, 9.0), (100, 3.0), (300, 5.0), (500, 4.0)):
        window = updated_window(window, need, at=1e9 + at, seconds=300)
    assert window is not None
    assert window.greatest == 5.0
    assert [window.is_whole(1e9 + at) for at in (299, 300)] == [False, True]


def test_a_window_of_another_length_begins_anew() -> None:
    window = updated_window(None, 9.0, at=1e9, seconds=600)
    window = updated_window(window, 2.0, at=1e9 + 600, seconds=600)
    longer = updated_window(window, 2.0, at=1e9 + 610, seconds=700)
    assert (window.is_whole(1e9 + 600), longer.is_whole(1e9 + 1309)) == (True, False)
    assert longer.is_whole(1e9 + 1310)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(episode(990, saturated=True, ready=12), Verdict.FAILED, id="no gain"),
        pytest.param(episode(1400, saturated=True, ready=12), Verdict.WORKED, id="gain"),
        pytest.param(episode(900, saturated=False, ready=12), Verdict.WORKED, id="drained"),
        pytest.param(episode(990, saturated=True, ready=6), Verdict.PENDING, id="starting"),
        pytest.param(
            episode(990, saturated=True, ready=12, seconds=20), Verdict.PENDING, id="too early"
        ),
    ],
)
def test_a_step_up_is_judged_by_throughput(now: Episode, expected: Verdict) -> None:
    trial = Trial(origin=6, target=12, throughput=1000, gain=1.0)
    assert judge_trial(trial, now, at=60) is expected


def test_each_failure_in_a_row_makes_a_longer_pause() -> None:
    pause, lengths = None, []
    for _ in range(8):
        pause = next_pause(pause, ceiling=1000, at=0, seconds=600)
        lengths.append(pause.until)
    assert lengths == [600, 1200, 2400, 4800, 9600, 14400, 14400, 14400]


@pytest.mark.parametrize(
    ("throughput", "at", "expected"),
    [
        pytest.param(1000, 599, True, id="as saturated as before"),
        pytest.param(1000, 600, False, id="over"),
        pytest.param(1300, 10, False, id="the sink has recovered"),
    ],
)
def test_a_pause_holds_until_its_end_or_recovery(
    throughput: float, at: float, expected: bool
) -> None:
    now = episode(throughput, saturated=True, ready=6)
    assert is_pause_in_force(Pause(ceiling=1000, until=600, failures=1), now, at=at) is expected
