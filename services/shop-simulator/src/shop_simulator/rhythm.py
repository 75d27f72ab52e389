"""The shop's day: how busy each hour is, and how many events are due by a moment."""

from datetime import datetime, timedelta, timezone
from typing import Final

SHOP_TIME: Final = timezone(timedelta(hours=-3), "BRT")
"""Brasília; Brazil has had no daylight saving since 2019."""

_SECONDS_PER_DAY: Final = 86_400
_HOURLY: Final = (
    0.45, 0.28, 0.18, 0.14, 0.15, 0.25, 0.45, 0.70, 0.95, 1.15, 1.25, 1.35,
    1.45, 1.30, 1.20, 1.20, 1.25, 1.30, 1.40, 1.65, 1.90, 1.85, 1.35, 0.85,
)  # fmt: skip
_MEAN: Final = sum(_HOURLY) / len(_HOURLY)


def busyness(second_of_day: float) -> float:
    """How busy the shop is, in its own time of day; the mean over a day is 1."""
    hour, within = divmod(second_of_day % _SECONDS_PER_DAY / 3600, 1)
    here, there = _HOURLY[int(hour)], _HOURLY[(int(hour) + 1) % 24]
    return (here + (there - here) * within) / _MEAN


def shop_second(started_at: datetime, *, elapsed: float, compression: float) -> float:
    """The shop's second of the day, so many real seconds after the start."""
    local = started_at.astimezone(SHOP_TIME)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return ((local - midnight).total_seconds() + elapsed * compression) % _SECONDS_PER_DAY


class Pace:
    """Turns real time into events due. After a pause it catches up for up to `max_catch_up`
    seconds."""

    def __init__(
        self, started_at: datetime, *, rate: float, compression: float, max_catch_up: float = 5.0
    ) -> None:
        self._started_at = started_at
        self._rate = rate
        self._compression = compression
        self._max_catch_up = max_catch_up
        self._last = 0.0
        self._due = 0.0

    def due(self, elapsed: float) -> int:
        """How many events to send now; each call must be later than the one before."""
        step = min(elapsed - self._last, self._max_catch_up)
        self._last = elapsed
        self._due += step * self._rate * self._weight(elapsed)
        whole = int(self._due)
        self._due -= whole
        return whole

    def _weight(self, elapsed: float) -> float:
        if not self._compression:
            return 1.0
        moment = shop_second(self._started_at, elapsed=elapsed, compression=self._compression)
        return busyness(moment)
