"""What the law answers: a number of replicas, why, and the figures behind it."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What to do with the replicas."""

    UP = "Up"
    DOWN = "Down"
    HOLD = "Hold"


class Reason(StrEnum):
    """Why, as a condition or an event names it."""

    ENOUGH_REPLICAS = "EnoughReplicas"
    LAG_ABOVE_OBJECTIVE = "LagAboveObjective"
    ARRIVAL_ABOVE_CAPACITY = "ArrivalAboveCapacity"
    FEWER_SUFFICE = "FewerSuffice"
    STEP_WITHOUT_EFFECT = "StepWithoutEffect"
    SINK_SATURATED = "SinkSaturated"
    AT_LIMIT = "AtLimit"
    WINDOW_NOT_OVER = "WindowNotOver"
    DRAINING = "Draining"
    REBALANCING = "Rebalancing"
    STARTING_UP = "StartingUp"
    LEARNING = "Learning"
    NO_DATA = "NoData"
    OUT_OF_BOUNDS = "OutOfBounds"
    SCHEDULED_PEAK = "ScheduledPeak"
    OVERRIDDEN = "Overridden"
    PARTITIONS_STUCK = "PartitionsStuck"
    SWITCHED_OFF = "SwitchedOff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the decision was made of, and `lag_seconds`, which is only shown: how long the oldest
    record that is not committed has waited. Both lags are None where there was no data; the other
    figures are then those of the last data. Rates are records per second; `limit` is the smaller of
    the maximum and the partitions; `stuck` names partitions whose commits do not move."""

    lag: int | None
    lag_seconds: float | None
    arrival_rate: float
    capacity_per_replica: float | None
    confidence: float
    limit: int
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`replicas` to have in place of `current`, with one sentence that explains it."""

    replicas: int
    current: int
    reason: Reason
    explanation: str
    figures: Figures

    @property
    def action(self) -> Action:
        if self.replicas == self.current:
            return Action.HOLD
        return Action.UP if self.replicas > self.current else Action.DOWN
