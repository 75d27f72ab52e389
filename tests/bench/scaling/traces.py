"""The seven courses of load that scalers are compared on.

Load is a fraction of what one consumer per partition does, one value a step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_SECONDS: Final = 5
HOURS: Final = 1.5
DAY_HOURS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Trace:
    """`sink` is the most that all consumers can write, as a fraction too; `poisoned` says when
    the first partition cannot be read on."""

    name: str
    load: Floats
    sink: Floats = field(default_factory=lambda: np.array([np.inf]))
    poisoned: Floats = field(default_factory=lambda: np.array([0.0]))

    def scaled(self, factor: float) -> "Trace":
        """The same course at another level, the sink's too."""
        return replace(self, load=self.load * factor, sink=self.sink * factor)

    @property
    def steps(self) -> int:
        return len(self.load)

    def is_poisoned_at(self, step: int) -> bool:
        return bool(self.poisoned[step % len(self.poisoned)])


def _minutes(hours: float) -> Floats:
    return np.arange(int(hours * 3600 / STEP_SECONDS)) * STEP_SECONDS / 60


def steady() -> Trace:
    """The same load all the time."""
    return Trace("steady", np.full_like(_minutes(HOURS), 0.4))


def step() -> Trace:
    """Three times the load for 40 minutes."""
    minute = _minutes(HOURS)
    return Trace("step", np.where((minute >= 25) & (minute < 65), 0.6, 0.2))


def ramp() -> Trace:
    """Evenly up for three quarters of an hour, and down again."""
    minute = _minutes(HOURS)
    return Trace("ramp", 0.1 + 0.7 * (1 - np.abs(minute / 45 - 1)))


def day() -> Trace:
    """A day in three hours: quiet at night, a noon and a higher evening."""
    hour = _minutes(DAY_HOURS) / 60 * 24 / DAY_HOURS
    noon = 0.35 * np.exp(-(((hour - 12) / 2.5) ** 2))
    evening = 0.6 * np.exp(-(((hour - 20) / 2.0) ** 2))
    return Trace("day", 0.12 + noon + evening)


def flash_sale() -> Trace:
    """Ten times the load within a minute, which fades after a quarter of an hour."""
    minute = _minutes(HOURS)
    rise = np.clip(minute - 25, 0, 1)
    fade = np.exp(-np.clip(minute - 41, 0, None) / 8)
    return Trace("flash sale", 0.09 + 0.81 * rise * fade)


def poisoned_partition() -> Trace:
    """Steady, and the first partition stands still for 40 minutes."""
    minute = _minutes(HOURS)
    poisoned = ((minute >= 25) & (minute < 65)).astype(float)
    return Trace("poisoned partition", np.full_like(minute, 0.4), poisoned=poisoned)


def saturated_sink() -> Trace:
    """Steady, and for 20 minutes the database takes less than what arrives."""
    minute = _minutes(HOURS)
    sink = np.where((minute >= 30) & (minute < 50), 0.3, np.inf)
    return Trace("saturated sink", np.full_like(minute, 0.4), sink=sink)


TRACES: Final[Mapping[str, Callable[[], Trace]]] = {
    trace.__name__.replace("_", "-"): trace
    for trace in (step, ramp, day, flash_sale, poisoned_partition, saturated_sink, steady)
}
