"""How many whole consumers the load and the backlog need."""

from dataclasses import dataclass
from typing import Final

from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.steps import speed

# Of the reserve that the target utilisation leaves, so much may be used before more are due.
USED_BEFORE_UP: Final = 0.5
# Of one consumer's partitions, so many must lag at least for more consumers to help.
SPREAD: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is known of the load in one round; rates are records a second, `expected_rate` when
    consumers that are asked for now are ready. `spread` says in how many partitions the backlog
    is, by weight."""

    arrival_rate: float
    expected_rate: float
    backlog: int
    spread: float
    capacity: float
    replicas: int
    ready: int
    partitions: int

    @property
    def backlog_seconds(self) -> float:
        """How old the oldest record of the backlog is, roughly. Where less arrives than is
        consumed, the backlog is of a time when more arrived, and the consumption tells better."""
        rate = max(self.arrival_rate, self.capacity * self.ready)
        return self.backlog / rate if rate > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Numbers of consumers, with fractions: `at_target` ones have the target utilisation, fewer
    than `least` are too few; `draining` ones are added for the backlog."""

    at_target: float
    least: float
    draining: float = 0.0

    @property
    def total(self) -> float:
        return self.at_target + self.draining


NOTHING: Final = Need(at_target=0.0, least=0.0)


def compute_need(load: Load, policy: ScalingPolicy) -> Need | None:
    """expected arrival / utilisation + (backlog + what arrives too much while starting) / deadline.

    Without a capacity there is no answer, but where nothing arrives and nothing waits.
    """
    if load.capacity <= 0:
        return NOTHING if load.arrival_rate <= 0 and load.backlog <= 0 else None
    busy = load.expected_rate / load.capacity
    reserve = 1 - policy.target_utilization
    least = busy / (policy.target_utilization + USED_BEFORE_UP * reserve)
    return Need(
        at_target=busy / policy.target_utilization,
        least=least,
        draining=_draining(load, policy) if _is_behind(load, least, policy) else 0.0,
    )


def _is_behind(load: Load, least: float, policy: ScalingPolicy) -> bool:
    """Whether the backlog needs consumers of its own: more are due anyway, or it is over the
    objective and the present ones do not drain it in time. One that is in fewer partitions than
    one consumer has would not drain faster with more."""
    if least > speed(load.replicas, load.partitions):
        return True
    if load.spread < SPREAD * load.partitions / max(load.replicas, 1):
        return False
    spare = load.capacity * speed(load.replicas, load.partitions) - load.arrival_rate
    drains_in_time = load.backlog <= spare * policy.drain_deadline_seconds
    return load.backlog_seconds > policy.max_lag_seconds and not drains_in_time


def _draining(load: Load, policy: ScalingPolicy) -> float:
    surplus = max(0.0, load.arrival_rate - load.capacity * speed(load.ready, load.partitions))
    waiting = load.backlog + surplus * policy.start_up_seconds
    return min(waiting / policy.drain_deadline_seconds / load.capacity, float(load.partitions))
