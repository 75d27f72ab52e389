"""The law in a group without noise: what it does in the course of a shop's day."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.support.scaled_group import START, ScaledGroup

from lag_scaler.law import (
    Action,
    Decision,
    Override,
    PartitionOffsets,
    Peak,
    Reason,
    ScalerState,
    ScalingPolicy,
    WithoutData,
    decide,
    not_carried_out,
)

POLICY = ScalingPolicy(max_replicas=100, scale_down_window_seconds=300)


def known_group(policy: ScalingPolicy = POLICY, *, replicas: int = 6) -> ScaledGroup:
    """24 partitions; a backlog has shown that one consumer does 100 records a second."""
    group = ScaledGroup(replace(policy, max_replicas=replicas), partitions=24, replicas=replicas)
    group.run(120, arrival=130.0 * replicas)
    group.run(1200, arrival=70.0 * replicas)
    group.policy = policy
    group.decisions.clear()
    assert group.replicas == replicas
    return group


@pytest.mark.parametrize(
    ("arrival", "expected"),
    [
        pytest.param(420, 6, id="the load that they suit"),
        pytest.param(700, 12, id="more than 6 do, so 8 within the utilisation, and 12 to drain"),
        pytest.param(2100, 24, id="exactly the partitions when all are needed"),
        pytest.param(9000, 24, id="never more than the partitions"),
    ],
)
def test_a_higher_load_is_met_in_one_step(arrival: float, expected: int) -> None:
    group = known_group()
    group.run(30, arrival=arrival)
    assert group.replicas == expected


def test_a_surge_is_met_before_it_is_at_its_height() -> None:
    group = known_group(replicas=2)
    for arrival in (260, 400, 560):
        group.run(10, arrival=arrival)
    assert group.scaled == [6, 24]
    assert "423 records/s arrive, rising to 1,051 in 30 s" in group.last.explanation


def test_a_lower_load_is_followed_after_the_window_without_a_reversal() -> None:
    group = known_group(replicas=12)
    group.run(200, arrival=100)
    assert group.scaled == []
    group.run(1200, arrival=100)
    assert group.replicas == 2
    assert group.scaled == sorted(group.scaled, reverse=True)
    assert group.decisions[-1].reason is Reason.ENOUGH_REPLICAS


def group_with_too_many() -> ScaledGroup:
    """12 consumers, of which 8 suffice from the next round on."""
    group = known_group(replicas=12)
    group.run(350, arrival=100)
    assert group.scaled == []
    return group


def next_round(group: ScaledGroup, *, left: int = 0, **change: Any) -> Decision:
    """Of a round in which every commit leaves so many records and what is seen is changed."""
    group.at += timedelta(seconds=10)
    ends = [(p, p.end + 42) for p in group.offsets()]
    partitions = [replace(p, end=end, committed=end - left) for p, end in ends]
    observation = replace(group.observation(partitions), **change)
    return decide(observation, group.state, group.policy)[0]


@pytest.mark.parametrize(
    ("change", "expected", "reason"),
    [
        pytest.param({}, 8, Reason.FEWER_SUFFICE, id="nothing is in motion"),
        pytest.param({"rebalancing": True}, 12, Reason.REBALANCING, id="it rebalances"),
        pytest.param({"ready": 11}, 12, Reason.STARTING_UP, id="one is not ready"),
        pytest.param(
            {"ready": 11, "rebalancing": True}, 12, Reason.REBALANCING, id="both of these"
        ),
        pytest.param({"left": 352}, 12, Reason.DRAINING, id="7,200 records are 6 s behind"),
        pytest.param({"left": 252}, 8, Reason.FEWER_SUFFICE, id="4,800 records are 4 s behind"),
    ],
)
def test_what_keeps_consumers_that_are_too_many(
    change: dict[str, Any], expected: int, reason: Reason
) -> None:
    decision = next_round(group_with_too_many(), **change)
    assert (decision.replicas, decision.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("policy", "expected", "reason"),
    [
        pytest.param({"max_replicas": 4}, 4, Reason.OUT_OF_BOUNDS, id="a lower maximum"),
        pytest.param({"min_replicas": 14}, 14, Reason.OUT_OF_BOUNDS, id="a higher minimum"),
        pytest.param(
            {
                "override": Override(
                    replicas=3, until=START + timedelta(days=1), reason="maintenance"
                )
            },
            3,
            Reason.OVERRIDDEN,
            id="an override",
        ),
    ],
)
def test_bounds_and_an_override_do_not_wait(
    policy: dict[str, Any], expected: int, reason: Reason
) -> None:
    group = group_with_too_many()
    group.policy = replace(group.policy, **policy)
    decision = next_round(group, left=352, ready=11, rebalancing=True)
    assert (decision.replicas, decision.reason) == (expected, reason)


def test_what_was_needed_to_drain_stays_for_the_window() -> None:
    group = known_group(replicas=2)
    group.run(300, arrival=470)
    assert group.scaled == [8]
    group.run(100, arrival=470)
    assert group.scaled == [8, 6]


def test_a_backlog_that_drains_in_time_needs_nobody() -> None:
    group = known_group()
    group.run(30, arrival=600)
    assert group.last.figures.lag_seconds == 0
    group.run(600, arrival=420)
    assert group.scaled == []


def test_a_saturated_sink_gets_its_step_taken_back_and_rarer_attempts() -> None:
    group = known_group()
    group.sink = 300
    group.run(3600, arrival=420)
    reasons = [d.reason for d in group.decisions if d.action is not Action.HOLD]
    back = [i for i, d in enumerate(group.decisions) if d.reason is Reason.STEP_WITHOUT_EFFECT]
    assert reasons[:2] == [Reason.LAG_ABOVE_OBJECTIVE, Reason.STEP_WITHOUT_EFFECT]
    assert group.decisions[back[0]].replicas == 6
    gaps = [later - earlier for earlier, later in pairwise(back)]
    assert len(gaps) >= 2
    assert gaps == sorted(gaps)
    assert gaps[-1] > 1.5 * gaps[0]
    assert Reason.SINK_SATURATED in {d.reason for d in group.decisions}


def test_a_stuck_partition_is_reported_and_scales_nothing() -> None:
    group = known_group()
    group.stuck = {7}
    group.run(3600, arrival=420)
    assert group.scaled == []
    assert group.last.figures.stuck == ("eventos_clientes/7",)
    assert group.last.reason is Reason.PARTITIONS_STUCK
    assert "eventos_clientes/7" in group.last.explanation


def test_a_longer_window_begins_anew() -> None:
    group = known_group(replicas=12)
    group.run(300, arrival=1000)
    group.run(200, arrival=100)
    group.policy = replace(group.policy, scale_down_window_seconds=400)
    group.run(390, arrival=100)
    assert group.scaled == []
    group.run(30, arrival=100)
    assert group.scaled != []


def test_no_peak_and_no_override_exceeds_the_partitions_when_data_is_lost() -> None:
    group = known_group(replicas=12)
    until = group.at + timedelta(hours=1)
    peak = Peak(name="campanha", start=group.at, end=until, replicas=60, lead_seconds=0)
    group.policy = replace(POLICY, peaks=(peak,))
    assert [d.replicas for d in group.lose_data(10, arrival=100)] == [24]
    group.policy = replace(POLICY, override=Override(replicas=60, until=until, reason="test"))
    assert [d.replicas for d in group.lose_data(10, arrival=100)] == [24]
    assert group.run(10, arrival=100)[-1].action is Action.HOLD


def test_without_data_the_replicas_stay_and_the_window_begins_anew() -> None:
    group = known_group(replicas=12)
    decisions = group.lose_data(1200, arrival=50)
    assert {d.replicas for d in decisions} == {12}
    assert decisions[-1].reason is Reason.NO_DATA
    assert "the broker did not answer" in decisions[-1].explanation
    group.run(290, arrival=50)
    assert group.scaled == []


@pytest.mark.parametrize(
    ("floor", "replicas", "expected"),
    [
        pytest.param(None, 6, 6, id="hold"),
        pytest.param(8, 6, 8, id="up to the floor"),
        pytest.param(8, 12, 12, id="never down to the floor"),
        pytest.param(500, 6, 100, id="not above the maximum"),
        pytest.param(None, 1, 3, id="up to the minimum"),
    ],
)
def test_without_data_from_the_beginning(floor: int | None, replicas: int, expected: int) -> None:
    policy = replace(POLICY, min_replicas=3, without_data=WithoutData(floor=floor))
    group = ScaledGroup(policy, partitions=24, replicas=replicas)
    decision, _ = decide(group.observation(None), ScalerState.empty(), policy)
    assert decision.replicas == expected
    assert decision.figures.lag is None


CAMPAIGN = Peak(
    name="campanha", start=START, end=START + timedelta(hours=1), replicas=20, lead_seconds=600
)


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(POLICY, id="whatever waits"),
        pytest.param(replace(POLICY, peaks=(CAMPAIGN,)), id="in a peak"),
        pytest.param(
            replace(
                POLICY,
                override=Override(replicas=3, until=START + timedelta(hours=1), reason="test"),
            ),
            id="under an override",
        ),
    ],
)
@pytest.mark.parametrize("has_data", [True, False], ids=["with data", "without data"])
def test_what_somebody_has_set_to_0_stays_off(policy: ScalingPolicy, has_data: bool) -> None:
    group = ScaledGroup(policy, partitions=24, replicas=0)
    state = ScalerState.empty()
    for second in range(3):
        group.at = START + timedelta(seconds=10 * second)
        seen = [replace(p, end=1000 * second, committed=0) for p in group.offsets()]
        decision, state = decide(group.observation(seen if has_data else None), state, policy)
        assert (decision.replicas, decision.reason) == (0, Reason.SWITCHED_OFF)
    assert decision.explanation.startswith("0 replicas stay: somebody has set them to 0")


@pytest.mark.parametrize(
    ("minutes", "expected", "reason"),
    [
        pytest.param(-11, 6, Reason.LEARNING, id="before the lead"),
        pytest.param(-10, 20, Reason.SCHEDULED_PEAK, id="ready before it starts"),
        pytest.param(59, 20, Reason.SCHEDULED_PEAK, id="until it ends"),
        pytest.param(60, 6, Reason.LEARNING, id="over"),
    ],
)
def test_a_peak_is_made_ready_for(minutes: int, expected: int, reason: Reason) -> None:
    policy = replace(POLICY, peaks=(CAMPAIGN,))
    group = ScaledGroup(policy, partitions=24, replicas=6)
    earlier = replace(
        group.observation(moved(group)), at=START + timedelta(minutes=minutes, seconds=-10)
    )
    _, state = decide(earlier, ScalerState.empty(), policy)
    later = replace(group.observation(moved(group, by=100)), at=START + timedelta(minutes=minutes))
    decision, _ = decide(later, state, policy)
    assert (decision.replicas, decision.reason) == (expected, reason)


def moved(group: ScaledGroup, by: int = 0) -> list[PartitionOffsets]:
    return [replace(p, end=p.end + by, committed=by) for p in group.offsets()]


@pytest.mark.parametrize(
    ("until_minutes", "replicas", "expected"),
    [
        pytest.param(5, 3, 3, id="fewer than the load needs"),
        pytest.param(5, 50, 24, id="no more than the partitions"),
        pytest.param(5, 0, 1, id="no fewer than the minimum"),
        pytest.param(0, 3, 6, id="over at its end"),
    ],
)
def test_an_override_holds_until_its_end(until_minutes: int, replicas: int, expected: int) -> None:
    until = START + timedelta(minutes=until_minutes)
    policy = replace(POLICY, override=Override(replicas=replicas, until=until, reason="test"))
    group = ScaledGroup(policy, partitions=24, replicas=6)
    decision, _ = decide(group.observation(group.offsets()), ScalerState.empty(), policy)
    assert decision.replicas == expected


def test_a_topic_created_anew_is_no_disaster() -> None:
    group = known_group()
    anew = [replace(p, end=3, committed=p.committed) for p in group.offsets()]
    group.at += timedelta(seconds=10)
    decision, _ = decide(group.observation(anew), group.state, POLICY)
    assert (decision.replicas, decision.figures.lag) == (6, 0)


def test_an_observation_that_is_not_later_changes_no_memory() -> None:
    group = known_group()
    decision, state = decide(group.observation(group.offsets()), group.state, POLICY)
    assert state == group.state
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.NO_DATA)
    assert decision.figures.lag is None


def test_a_memory_of_a_clock_that_was_ahead_keeps_the_capacity_alone() -> None:
    group = known_group()
    ahead = replace(group.state, at=group.at.timestamp() + 3600)
    decision, state = decide(group.observation(group.offsets()), ahead, POLICY)
    assert decision.figures.lag is not None
    assert (state.at, state.capacity) == (group.at.timestamp(), ahead.capacity)
    assert state.arrival is None


def test_a_step_back_that_was_not_made_is_decided_again() -> None:
    group = known_group()
    group.sink = 300
    while group.decisions == [] or group.last.reason is not Reason.STEP_WITHOUT_EFFECT:
        before, replicas, ready = group.state, group.replicas, group.ready
        group.run(10, arrival=420)
    group.replicas, group.ready = replicas, ready
    group.state = not_carried_out(group.state, before=before)
    group.run(10, arrival=420)
    assert group.last.reason is Reason.STEP_WITHOUT_EFFECT
    assert group.last.replicas == 6
    group.run(10, arrival=420)
    assert group.last.reason is Reason.SINK_SATURATED


def test_replicas_outside_the_bounds_are_brought_within() -> None:
    group = ScaledGroup(POLICY, partitions=24, replicas=40)
    group.run(10, arrival=100)
    assert (group.replicas, group.last.reason) == (24, Reason.OUT_OF_BOUNDS)


def test_none_become_one_as_soon_as_something_arrives() -> None:
    group = ScaledGroup(replace(POLICY, min_replicas=0), partitions=24, replicas=0)
    group.run(60, arrival=0)
    assert group.replicas == 0
    group.run(20, arrival=5)
    assert group.replicas == 1


def test_consumers_of_unknown_capacity_are_tried_with_fewer() -> None:
    group = ScaledGroup(POLICY, partitions=24, replicas=24)
    group.run(9000, arrival=420)
    assert group.replicas in (5, 6)
    assert group.last.figures.capacity_per_replica == pytest.approx(100, rel=0.1)


def rarely_committing_group(*, replicas: int) -> ScaledGroup:
    group = ScaledGroup(POLICY, partitions=24, replicas=replicas, commit_seconds=60)
    group.run(1800, arrival=150)
    return group


def test_fewer_are_not_tried_where_commits_would_show_too_late_that_they_are_too_few() -> None:
    group = rarely_committing_group(replicas=2)
    group.run(9000, arrival=150)
    assert group.scaled == []
    assert group.last.reason is Reason.LEARNING


def test_as_many_as_sufficed_stay_of_consumers_of_unknown_capacity() -> None:
    group = rarely_committing_group(replicas=6)
    group.run(1200, arrival=50)
    assert group.scaled == [5, 4, 3]


def test_twice_as_much_as_was_measured_is_met_before_a_rare_commit_shows_a_backlog() -> None:
    group = rarely_committing_group(replicas=2)
    group.run(20, arrival=190)
    assert group.scaled == []
    group.run(20, arrival=600)
    assert group.replicas == 12


def test_the_memory_survives_a_restart() -> None:
    group = known_group()
    group.state = ScalerState.from_document(group.state.to_document())
    group.run(30, arrival=2100)
    assert group.replicas == 24


def test_the_explanation_has_the_numbers() -> None:
    group = known_group()
    group.run(20, arrival=2100)
    step = next(d for d in group.decisions if d.action is Action.UP)
    assert step.explanation == (
        "From 6 to 24 replicas: 2,100 records/s arrive, and one replica does 100 records/s "
        "(confidence 70%), 80% of it to be used; 33.8 replicas are needed."
    )
