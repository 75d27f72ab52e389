"""The rules that choose a number of replicas; the first one that applies is taken."""

from dataclasses import dataclass
from typing import Final

from lag_scaler.law.decision import Reason
from lag_scaler.law.decision_input import DecisionInput
from lag_scaler.law.need import Need
from lag_scaler.law.state import ScalerState
from lag_scaler.law.steps import fitting, speed
from lag_scaler.law.trial import Verdict

# To reach the target utilisation, at most this many times the due consumers are chosen.
COARSE_STEP: Final = 1.4
# What a step taken back leaves does so much more than what goes through.
MARGIN_THROUGH: Final = 1.1
# Consumers of unknown capacity rest for so many windows before fewer are tried.
PROBED_WINDOWS: Final = 3
# A backlog of fewer seconds than this is not one to drain first.
DRAINED_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A number of replicas and why."""

    replicas: int
    reason: Reason


def choose(inputs: DecisionInput, state: ScalerState) -> Choice:
    """The replicas that the load asks for; neither peaks nor overrides are looked at."""
    current = inputs.observation.replicas
    bounded = max(inputs.policy.min_replicas, min(current, inputs.limit))
    if bounded != current:
        return Choice(bounded, Reason.OUT_OF_BOUNDS)
    if inputs.verdict is Verdict.FAILED and state.trial:
        return Choice(_taken_back(inputs, state.trial.origin), Reason.STEP_WITHOUT_EFFECT)
    return _upwards(inputs, state) or _downwards(inputs, state) or _held(inputs, current)


def _taken_back(inputs: DecisionInput, origin: int) -> int:
    """As many as do what goes through, and those from before the step at least."""
    current = inputs.observation.replicas
    through = (inputs.episode.throughput or 0.0) * MARGIN_THROUGH
    enough = origin
    if inputs.load.capacity > 0:
        enough = fitting(through / inputs.load.capacity, inputs.load.partitions)
    return min(current, max(origin, enough))


def _upwards(inputs: DecisionInput, state: ScalerState) -> Choice | None:
    """A step up, where more is due than the replicas can do and that is certain enough."""
    current, need = inputs.observation.replicas, inputs.need
    if current == 0:
        return _from_none(inputs)
    if need is None or _due(inputs, need.least + need.draining) <= current:
        return None
    if inputs.capacity.confidence <= 0 and not inputs.is_overload_certain:
        return None
    if inputs.is_paused:
        return Choice(current, Reason.SINK_SATURATED)
    if _due(inputs, need.least) > current:
        return Choice(_wanted(inputs, need), Reason.ARRIVAL_ABOVE_CAPACITY)
    if state.trial or not inputs.is_settled:
        return Choice(current, Reason.STARTING_UP)
    return Choice(_wanted(inputs, need), Reason.LAG_ABOVE_OBJECTIVE)


def _from_none(inputs: DecisionInput) -> Choice | None:
    """One replica at least, where anything is to be done."""
    if inputs.load.arrival_rate <= 0 and inputs.reading.lag <= 0:
        return None
    wanted = _wanted(inputs, inputs.need) if inputs.need else 1
    return Choice(max(1, wanted), Reason.ARRIVAL_ABOVE_CAPACITY)


def _due(inputs: DecisionInput, need: float) -> int:
    due = fitting(need, inputs.load.partitions)
    return max(inputs.policy.min_replicas, min(due, inputs.limit))


def _wanted(inputs: DecisionInput, need: Need) -> int:
    """The number at the target utilisation, unless that is far above what is due."""
    due, wanted = _due(inputs, need.least + need.draining), _due(inputs, need.total)
    partitions = inputs.load.partitions
    most = max(due, min(wanted, int(due * COARSE_STEP)))
    return max(due, fitting(speed(most, partitions), partitions))


def _downwards(inputs: DecisionInput, state: ScalerState) -> Choice | None:
    """A step down to the window's greatest need, once nothing else changes."""
    current = inputs.observation.replicas
    target = _fewer(inputs, state)
    if target >= current:
        return None
    reason = _obstacle(inputs)
    return Choice(current, reason) if reason else Choice(target, Reason.FEWER_SUFFICE)


def _fewer(inputs: DecisionInput, state: ScalerState) -> int:
    current = inputs.observation.replicas
    if inputs.need is None:
        return current
    enough = _due(inputs, inputs.window.greatest)
    if inputs.need.at_target > 0 and inputs.capacity.confidence <= 0:
        return min(enough, _probed(inputs, state))
    return enough


def _probed(inputs: DecisionInput, state: ScalerState) -> int:
    """Consumers that were never busy: one step down, to see what fewer of them do. Not where it
    would show too late that they are too few."""
    current = inputs.observation.replicas
    if inputs.is_backlog_late:
        return current
    since = state.replicas_since if state.replicas_since is not None else inputs.at
    if inputs.at - since < PROBED_WINDOWS * inputs.policy.scale_down_window_seconds:
        return current
    slower = fitting(speed(current - 1, inputs.load.partitions), inputs.load.partitions)
    return max(inputs.policy.min_replicas, 1, slower)


def _obstacle(inputs: DecisionInput) -> Reason | None:
    if inputs.observation.rebalancing:
        return Reason.REBALANCING
    if not inputs.is_settled:
        return Reason.STARTING_UP
    if inputs.load.backlog_seconds > DRAINED_SECONDS:
        return Reason.DRAINING
    return None if inputs.window.is_whole(inputs.at) else Reason.WINDOW_NOT_OVER


def _held(inputs: DecisionInput, current: int) -> Choice:
    if inputs.reading.stuck:
        return Choice(current, Reason.PARTITIONS_STUCK)
    if inputs.need is None or (inputs.need.total > 0 and inputs.capacity.confidence <= 0):
        return Choice(current, Reason.LEARNING)
    if speed(current, inputs.load.partitions) < inputs.need.least:
        return Choice(current, Reason.AT_LIMIT)
    return Choice(current, Reason.ENOUGH_REPLICAS)
