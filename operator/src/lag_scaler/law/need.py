"""How many whole consumers the load and the backlog need."""

from dataclasses import dataclass

from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.steps import speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is known of the load in one round; rates are records a second."""

    arrival_rate: float
    backlog: int
    capacity: float
    replicas: int
    ready: int
    partitions: int

    @property
    def backlog_seconds(self) -> float:
        """How old the oldest waiting record is, roughly. Where less arrives than is consumed, the
        backlog is of a time when more arrived, and the consumption tells better."""
        rate = max(self.arrival_rate, self.capacity * self.ready)
        return self.backlog / rate if rate > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Whole consumers for what arrives, and more of them to drain what waits."""

    arrival: float
    draining: float = 0.0

    @property
    def total(self) -> float:
        return self.arrival + self.draining


def needed(load: Load, policy: ScalingPolicy) -> Need | None:
    """arrival / utilisation + (backlog + what arrives too much while starting) / deadline.

    A backlog counts where it is over the objective and the present replicas cannot drain it in
    time; below that, the replicas' unused part drains it. Without a
    capacity there is no answer, but where nothing arrives.
    """
    if load.capacity <= 0:
        return Need(arrival=0.0) if load.arrival_rate <= 0 and load.backlog <= 0 else None
    arrival = load.arrival_rate / policy.target_utilization / load.capacity
    if load.backlog_seconds <= policy.max_lag_seconds or _drains_in_time(load, policy):
        return Need(arrival=arrival)
    surplus = max(0.0, load.arrival_rate - load.capacity * speed(load.ready, load.partitions))
    waiting = load.backlog + surplus * policy.start_up_seconds
    return Need(arrival=arrival, draining=waiting / policy.drain_deadline_seconds / load.capacity)


def _drains_in_time(load: Load, policy: ScalingPolicy) -> bool:
    spare = load.capacity * speed(load.replicas, load.partitions) - load.arrival_rate
    return load.backlog <= spare * policy.drain_deadline_seconds
