"""The rules that make a number of replicas of the picture, the first that applies."""

from dataclasses import dataclass
from typing import Final

from lag_scaler.law.decision import Reason
from lag_scaler.law.need import Need
from lag_scaler.law.picture import Picture
from lag_scaler.law.state import ScalerState
from lag_scaler.law.steps import fitting, speed
from lag_scaler.law.trial import Verdict

# A step beyond what is due is made for comfort only if it is no greater than this.
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


def choose(picture: Picture, state: ScalerState) -> Choice:
    """The replicas that the load asks for; neither peaks nor overrides are looked at."""
    current = picture.observation.replicas
    bounded = max(picture.policy.min_replicas, min(current, picture.limit))
    if bounded != current:
        return Choice(bounded, Reason.OUT_OF_BOUNDS)
    if picture.verdict is Verdict.FAILED and state.trial:
        return Choice(_taken_back(picture, state.trial.origin), Reason.STEP_WITHOUT_EFFECT)
    return _upwards(picture, state) or _downwards(picture, state) or _held(picture, current)


def _taken_back(picture: Picture, origin: int) -> int:
    """As many as do what goes through, and those from before the step at least."""
    current = picture.observation.replicas
    through = (picture.episode.throughput or 0.0) * MARGIN_THROUGH
    enough = origin
    if picture.load.capacity > 0:
        enough = fitting(through / picture.load.capacity, picture.load.partitions)
    return min(current, max(origin, enough))


def _upwards(picture: Picture, state: ScalerState) -> Choice | None:
    """At once, where more is due than the replicas do and that is well enough known."""
    current, need = picture.observation.replicas, picture.need
    if current == 0:
        return _from_none(picture)
    if need is None or _due(picture, need.least + need.draining) <= current:
        return None
    if picture.capacity.confidence <= 0 and not picture.is_backlog_certain:
        return None
    if picture.is_paused:
        return Choice(current, Reason.SINK_SATURATED)
    if _due(picture, need.least) > current:
        return Choice(_wanted(picture, need), Reason.ARRIVAL_ABOVE_CAPACITY)
    if state.trial or not picture.is_settled:
        return Choice(current, Reason.STARTING_UP)
    return Choice(_wanted(picture, need), Reason.LAG_ABOVE_OBJECTIVE)


def _from_none(picture: Picture) -> Choice | None:
    """One replica at least, where anything is to be done."""
    if picture.load.arrival_rate <= 0 and picture.reading.lag <= 0:
        return None
    wanted = _wanted(picture, picture.need) if picture.need else 1
    return Choice(max(1, wanted), Reason.ARRIVAL_ABOVE_CAPACITY)


def _due(picture: Picture, need: float) -> int:
    due = fitting(need, picture.load.partitions)
    return max(picture.policy.min_replicas, min(due, picture.limit))


def _wanted(picture: Picture, need: Need) -> int:
    """The comfortable number, unless the next fitting one is far above what is due."""
    due, wanted = _due(picture, need.least + need.draining), _due(picture, need.total)
    partitions = picture.load.partitions
    most = max(due, min(wanted, int(due * COARSE_STEP)))
    return max(due, fitting(speed(most, partitions), partitions))


def _downwards(picture: Picture, state: ScalerState) -> Choice | None:
    """To the window's greatest need, once nothing is in motion."""
    current = picture.observation.replicas
    target = _fewer(picture, state)
    if target >= current:
        return None
    reason = _obstacle(picture)
    return Choice(current, reason) if reason else Choice(target, Reason.FEWER_SUFFICE)


def _fewer(picture: Picture, state: ScalerState) -> int:
    current = picture.observation.replicas
    if picture.need is None:
        return current
    enough = _due(picture, picture.window.greatest)
    if picture.need.comfortable > 0 and picture.capacity.confidence <= 0:
        return min(enough, _probed(picture, state))
    return enough


def _probed(picture: Picture, state: ScalerState) -> int:
    """Consumers that were never busy: one step down, to see what fewer of them do. Not where it
    would show too late that they are too few."""
    current = picture.observation.replicas
    if picture.is_backlog_late:
        return current
    since = state.replicas_since if state.replicas_since is not None else picture.at
    if picture.at - since < PROBED_WINDOWS * picture.policy.scale_down_window_seconds:
        return current
    slower = fitting(speed(current - 1, picture.load.partitions), picture.load.partitions)
    return max(picture.policy.min_replicas, 1, slower)


def _obstacle(picture: Picture) -> Reason | None:
    if picture.observation.rebalancing:
        return Reason.REBALANCING
    if not picture.is_settled:
        return Reason.STARTING_UP
    if picture.load.backlog_seconds > DRAINED_SECONDS:
        return Reason.DRAINING
    return None if picture.window.is_whole(picture.at) else Reason.WINDOW_NOT_OVER


def _held(picture: Picture, current: int) -> Choice:
    if picture.reading.stuck:
        return Choice(current, Reason.PARTITIONS_STUCK)
    if picture.need is None or (picture.need.total > 0 and picture.capacity.confidence <= 0):
        return Choice(current, Reason.LEARNING)
    if speed(current, picture.load.partitions) < picture.need.least:
        return Choice(current, Reason.AT_LIMIT)
    return Choice(current, Reason.ENOUGH_REPLICAS)
