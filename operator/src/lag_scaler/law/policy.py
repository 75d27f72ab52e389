"""What people ask of a scaler: the objective, bounds, known peaks and overrides."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutData:
    """What to do without offsets: hold, and with a floor never fewer replicas than that."""

    floor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A known peak: at least `replicas` from `lead_seconds` before `start` until `end`."""

    name: str
    start: datetime
    end: datetime
    replicas: int
    lead_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Exactly `replicas` until the given moment, whatever the lag."""

    replicas: int
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """The objective is a lag of `max_lag_seconds`; a backlog is to be gone `drain_deadline_seconds`
    after the replicas for it are ready."""

    max_lag_seconds: float = 30.0
    drain_deadline_seconds: float = 60.0
    target_utilization: float = 0.8
    min_replicas: int = 1
    max_replicas: int = 10
    scale_down_window_seconds: float = 600.0
    start_up_seconds: float = 30.0
    without_data: WithoutData = WithoutData()
    peaks: tuple[Peak, ...] = ()
    override: Override | None = None
