"""The control law: from what was seen and remembered to a number of replicas."""

from dataclasses import replace

from lag_scaler.law.choice import choose
from lag_scaler.law.decision import Decision, Figures, Reason
from lag_scaler.law.decision_input import LONGEST_GAP_SECONDS, advance
from lag_scaler.law.explanation import explain, explain_without_data
from lag_scaler.law.memory import state_after_choice, state_before_choice
from lag_scaler.law.observation import Observation
from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.schedule import imposed
from lag_scaler.law.state import ScalerState


def decide(
    observation: Observation, state: ScalerState, policy: ScalingPolicy
) -> tuple[Decision, ScalerState]:
    """How many replicas to have, and what to remember for the next round.

    Without offsets the replicas stay. An observation that is not later than the last one counts as
    none and leaves the memory as it is; if it is much earlier, a clock was wrong when the memory
    was made, and the memory begins anew.
    """
    at = observation.at.timestamp()
    if state.at is not None and state.at - at > LONGEST_GAP_SECONDS:
        state = ScalerState(capacity=state.capacity)
    if state.at is not None and at <= state.at:
        problem = "the observation is not later than the last one"
        return imposed(_without_data(observation, state, policy, problem), policy, at), state
    if not observation.partitions:
        problem = observation.problem or "there are no partitions"
        decision = _without_data(observation, state, policy, problem)
        return imposed(decision, policy, at), replace(state, window=None, episode=None)
    state = state_before_choice(observation, state, policy)
    inputs, state = advance(observation, observation.partitions, state, policy)
    choice = choose(inputs, state)
    decision = Decision(
        replicas=choice.replicas,
        current=observation.replicas,
        reason=choice.reason,
        explanation=explain(choice, inputs),
        figures=inputs.figures,
    )
    return imposed(decision, policy, at), state_after_choice(inputs, choice, state)


def _without_data(
    observation: Observation, state: ScalerState, policy: ScalingPolicy, problem: str
) -> Decision:
    """The same replicas, but not fewer than the minimum and the floor for this case. The
    partitions that were seen last still limit what is of use."""
    limit = min(policy.max_replicas, len(state.tracks) or policy.max_replicas)
    floor = min(policy.without_data.floor or 0, limit)
    replicas = max(observation.replicas, floor, policy.min_replicas)
    return Decision(
        replicas=replicas,
        current=observation.replicas,
        reason=Reason.NO_DATA,
        explanation=explain_without_data(observation.replicas, replicas, problem),
        figures=Figures(
            lag=None,
            lag_seconds=None,
            arrival_rate=state.arrival_rate,
            capacity_per_replica=state.capacity.per_replica,
            confidence=state.capacity.confidence,
            limit=max(policy.min_replicas, limit),
        ),
    )
