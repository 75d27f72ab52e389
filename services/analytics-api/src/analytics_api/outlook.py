"""How fast a product sells, and when its stock will be sold out at that pace."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
PACE_OVER: Final = 6 * HOUR
"""The pace is that of the present hour and of the five before it."""
_SHORTEST: Final = timedelta(minutes=5)
"""A platform that has just begun is taken to sell for this long: one sale is no pace yet."""
_LONGEST: Final = timedelta(days=3650)
_ROUNDING: Final = timedelta(seconds=1)
"""`outlook` rounds to microseconds; this is more than enough."""


@dataclass(frozen=True, slots=True)
class _SoldColumn:
    ids: Sequence[str]
    first: datetime
    """The first hour that counts."""
    units: Sequence[int]


@dataclass(frozen=True, slots=True)
class SalesPace:
    """Net units of each product in each hour (UTC) of late, and since when sales are recorded."""

    units: Mapping[str, Mapping[datetime, int]] = field(default_factory=dict)
    since: datetime | None = None
    _column: list[_SoldColumn] = field(default_factory=list, init=False, repr=False, compare=False)
    """What `sold` returned last."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, datetime, int]], since: datetime | None) -> "SalesPace":
        """`rows` are product, beginning of the hour, and units."""
        units: dict[str, dict[datetime, int]] = {}
        for id_produto, hour, count in rows:
            units.setdefault(id_produto, {})[hour] = count
        return cls(units, since)

    def per_hour(self, id_produto: str, now: datetime) -> float:
        """Net units an hour; 0.0 where more was taken back than sold."""
        sold = _sold(self.units.get(id_produto, {}), pace_begins(now), now)
        return sold / self._hours(now)

    def sold(self, ids: Sequence[str], now: datetime) -> Sequence[int]:
        """Net units of each of these in the hours that count, 0 where more was taken back than
        sold. Kept for the same sequence and hours."""
        first = pace_begins(now)
        for column in self._column:
            if column.ids is ids and column.first == first:
                return column.units
        units = [_sold(hours, first, now) if (hours := self.units.get(i)) else 0 for i in ids]
        self._column[:] = [_SoldColumn(ids, first, units)]
        return units

    def units_for_each_sold(self, days: float, now: datetime) -> float:
        """The most units in stock for each unit sold, of a product whose stock lasts at most
        `days`. The bound is for many products at once: one within it may last a second longer."""
        return (timedelta(days=days) + _ROUNDING) / HOUR / self._hours(now)

    def _hours(self, now: datetime) -> float:
        first = pace_begins(now)
        recorded = now - max(first, self.since or first)
        return max(recorded, _SHORTEST) / HOUR


def _sold(hours: Mapping[datetime, int], first: datetime, now: datetime) -> int:
    return max(0, sum(n for hour, n in hours.items() if first <= hour <= now))


def pace_begins(now: datetime) -> datetime:
    """The beginning of the first hour that counts."""
    return now.replace(minute=0, second=0, microsecond=0) - PACE_OVER + HOUR


@dataclass(frozen=True, slots=True)
class Outlook:
    """`days` and `sold_out_at` are None where nothing sells, or where it would take over ten
    years; a product without stock has 0.0 days and is sold out at no later time."""

    per_hour: float
    days: float | None
    sold_out_at: datetime | None


def outlook(units: int, per_hour: float, now: datetime) -> Outlook:
    """What becomes of so many units at that pace."""
    if units <= 0:
        return Outlook(per_hour, 0.0, None)
    if per_hour <= 0 or units / per_hour > _LONGEST / HOUR:
        return Outlook(per_hour, None, None)
    left = timedelta(hours=units / per_hour)
    return Outlook(per_hour, left / timedelta(days=1), now + left)
