"""What the state keeps of replicas, steps up and their trials."""

from dataclasses import replace

from lag_scaler.law.choice import Choice
from lag_scaler.law.decision import Reason
from lag_scaler.law.decision_input import DecisionInput
from lag_scaler.law.observation import Observation
from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.state import ScalerState
from lag_scaler.law.steps import speed
from lag_scaler.law.trial import Trial, Verdict, next_pause

STEPS_UP = (Reason.ARRIVAL_ABOVE_CAPACITY, Reason.LAG_ABOVE_OBJECTIVE)


def state_before_choice(
    observation: Observation, state: ScalerState, policy: ScalingPolicy
) -> ScalerState:
    """The memory before a round: a trial ends where its step was not made or was changed by
    somebody else, and a pause is forgotten when it has been over for as long as the window."""
    at, replicas = observation.at.timestamp(), observation.replicas
    if replicas != state.replicas:
        state = replace(state, replicas=replicas, replicas_since=at)
    if state.trial and state.trial.target != replicas:
        state = replace(state, trial=None)
    if state.pause and at > state.pause.until + policy.scale_down_window_seconds:
        state = replace(state, pause=None)
    return state


def state_after_choice(inputs: DecisionInput, choice: Choice, state: ScalerState) -> ScalerState:
    """The memory after a choice: trials that ended, and the one that a step up begins."""
    if inputs.verdict is Verdict.WORKED:
        state = _after_success(inputs, state)
    if inputs.verdict is Verdict.FAILED:
        pause = next_pause(
            state.pause,
            ceiling=inputs.episode.throughput or 0.0,
            at=inputs.at,
            seconds=inputs.policy.scale_down_window_seconds,
        )
        return replace(state, trial=None, pause=pause)
    if choice.reason in STEPS_UP and choice.replicas > inputs.observation.replicas:
        return replace(state, trial=_trial(inputs, choice, state.trial))
    return state


def not_carried_out(state: ScalerState, *, before: ScalerState) -> ScalerState:
    """The memory of a round whose decision came to nothing: what was measured is kept, and a trial
    that ended by it goes on, so that the next round decides the same again."""
    return replace(state, trial=before.trial, pause=before.pause)


def _after_success(inputs: DecisionInput, state: ScalerState) -> ScalerState:
    """More consumers did more, so the sink lets more through: a lower capacity is then true."""
    capacity = state.capacity.with_less_confidence() if inputs.episode.saturated else state.capacity
    return replace(state, trial=None, pause=None, capacity=capacity)


def _trial(inputs: DecisionInput, choice: Choice, before: Trial | None) -> Trial | None:
    """A step up while one is on trial is judged together with it, from where it began."""
    load = inputs.load
    origin = before.origin if before else inputs.observation.replicas
    slow = speed(origin, load.partitions)
    if slow <= 0:
        return None
    possible = min(load.arrival_rate, load.capacity * slow)
    throughput = before.throughput if before else inputs.episode.throughput or possible
    gain = speed(choice.replicas, load.partitions) / slow - 1
    return Trial(origin, choice.replicas, throughput, gain)
