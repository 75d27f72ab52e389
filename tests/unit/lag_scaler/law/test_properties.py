"""What holds of any observation, any history and any policy."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.scaled_group import ScaledGroup

from lag_scaler.law import (
    Action,
    Observation,
    PartitionOffsets,
    Peak,
    ScalerState,
    ScalingPolicy,
    WithoutData,
    decide,
)

START = datetime(2026, 11, 27, 20, tzinfo=UTC)
OFFSET = st.one_of(st.integers(0, 1000), st.integers(0, 2**62))
COUNT = st.integers(0, 60)
SECONDS = st.floats(1, 7200)


@st.composite
def policies(draw: st.DrawFn) -> ScalingPolicy:
    low = draw(st.integers(0, 20))
    peak = Peak(name="p", start=START, end=START + timedelta(hours=1), replicas=7, lead_seconds=60)
    return ScalingPolicy(
        max_lag_seconds=draw(SECONDS),
        drain_deadline_seconds=draw(SECONDS),
        target_utilization=draw(st.floats(0.1, 1.0)),
        min_replicas=low,
        max_replicas=draw(st.integers(max(low, 1), 60)),
        scale_down_window_seconds=draw(st.floats(0, 7200)),
        start_up_seconds=draw(st.floats(0, 600)),
        without_data=WithoutData(floor=draw(st.none() | COUNT)),
        peaks=draw(st.sampled_from([(), (peak,)])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    at, observations = START, []
    for _ in range(draw(st.integers(1, 8))):
        at += timedelta(seconds=draw(st.sampled_from([-5, 0, 1, 5, 10, 60, 4000])))
        partitions = draw(st.none() | st.lists(_partitions(), max_size=5).map(tuple))
        observations.append(
            Observation(
                at=at,
                partitions=partitions,
                replicas=draw(COUNT),
                ready=draw(COUNT),
                rebalancing=draw(st.booleans()),
            )
        )
    return observations


def _partitions() -> st.SearchStrategy[PartitionOffsets]:
    return st.builds(
        PartitionOffsets,
        topic=st.sampled_from(["a", "b"]),
        partition=st.integers(0, 3),
        start=OFFSET,
        end=OFFSET,
        committed=st.none() | st.just(-1) | OFFSET,
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policy=policies(), history=histories())
def test_any_history_keeps_the_promises(policy: ScalingPolicy, history: list[Observation]) -> None:
    state = ScalerState.empty()
    for observation in history:
        is_late = state.at is not None and observation.at.timestamp() <= state.at
        decision, state = decide(observation, state, policy)
        assert decision.replicas >= policy.min_replicas or observation.replicas == 0
        if is_late or not observation.partitions:
            assert decision.action is not Action.DOWN
            assert decision.replicas <= max(decision.figures.limit, observation.replicas)
        else:
            count = len({(p.topic, p.partition) for p in observation.partitions})
            assert decision.figures.limit == max(
                policy.min_replicas, min(policy.max_replicas, count)
            )
            assert decision.replicas <= decision.figures.limit
        assert decision.replicas <= max(
            policy.max_replicas, policy.min_replicas, observation.replicas
        )
        assert observation.partitions or decision.figures.lag is None
        assert (decision.figures.lag or 0) >= 0
        assert decision.explanation.endswith(".")
        document = json.loads(json.dumps(state.to_document(), allow_nan=False))
        assert ScalerState.from_document(document) == state


@settings(max_examples=25, deadline=None)
@given(
    arrival=st.floats(1, 5000),
    partitions=st.integers(1, 12),
    replicas=st.integers(1, 30),
)
def test_constant_input_never_makes_a_reversal_once_the_capacity_is_known(
    arrival: float, partitions: int, replicas: int
) -> None:
    policy = ScalingPolicy(max_replicas=30, scale_down_window_seconds=300)
    group = ScaledGroup(policy, partitions=partitions, replicas=min(replicas, partitions))
    state = ScalerState.empty()
    group.state = replace(state, capacity=replace(state.capacity, learnt=100.0, seconds=300.0))
    group.run(2400, arrival=arrival)
    changes = [d.action for d in group.decisions if d.action is not Action.HOLD]
    reversals = sum(a is not b for a, b in pairwise(changes))
    assert reversals == 0
    settled = [d.action for d in group.decisions[-60:]]
    assert set(settled) == {Action.HOLD}


@given(lags=st.lists(st.integers(0, 100_000), min_size=2, max_size=2))
def test_more_lag_never_gives_fewer_replicas(lags: list[int]) -> None:
    less, more = (_replicas_at(lag) for lag in sorted(lags))
    assert less <= more


def _replicas_at(lag: int) -> int:
    """The replicas for a lag of so many records in each of 24 partitions, seen twice."""
    policy = ScalingPolicy(max_replicas=24)
    state = ScalerState.empty()
    state = replace(state, capacity=replace(state.capacity, learnt=100.0, seconds=300.0))
    for n in range(2):
        end = 10**6 + n * 250
        observation = Observation(
            at=START + timedelta(seconds=10 * n),
            partitions=tuple(
                PartitionOffsets(
                    topic="t", partition=p, start=0, end=end, committed=end - lag - 250 + n
                )
                for p in range(24)
            ),
            replicas=6,
            ready=6,
        )
        decision, state = decide(observation, state, policy)
    return decision.replicas


@given(junk=st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_a_damaged_state_is_an_empty_one(junk: object) -> None:
    damaged = dict.fromkeys(("tracks", "waiting", "window"), junk)
    document = ScalerState.empty().to_document() | damaged
    state = ScalerState.from_document(document)
    assert isinstance(junk, list) or junk is None or state == ScalerState.empty()
    decide(Observation(at=START, partitions=None, replicas=1, ready=1), state, ScalingPolicy())
