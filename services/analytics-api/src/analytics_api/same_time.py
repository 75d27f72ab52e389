"""What was sold on a past day up to a time of day, to compare today with it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from analytics_api.sales import Cell

YESTERDAY: Final = timedelta(days=1)
A_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DayCurve:
    """The sums of one day up to the end of each of its minutes in which they change."""

    minutes: tuple[datetime, ...]
    """Local times without a zone, ascending: what a clock on the wall shows."""
    sums: tuple[Cell, ...]

    @classmethod
    def of(cls, changes: Iterable[tuple[datetime, Cell]]) -> "DayCurve":
        """By how much each minute changes the sums; a minute comes once, in any order. In `pedidos`
        it is how many more orders count once the minute is over, which may be negative."""
        ordered = sorted(changes, key=lambda change: change[0])
        sums = accumulate((cell for _, cell in ordered), _plus)
        return cls(tuple(minute for minute, _ in ordered), tuple(sums))

    def before(self, minute: datetime) -> Cell:
        """The sums of the day before a local minute begins."""
        after = bisect_left(self.minutes, minute)
        return self.sums[after - 1] if after else Cell()


@dataclass(frozen=True, slots=True)
class SoldBefore:
    """What was sold on a day before the moment `until`."""

    day: date
    until: datetime
    sold: Cell


Curves = Mapping[date, DayCurve]
"""Of the days to compare with, those that were read and on which something was sold."""


def compared_days(today: date) -> tuple[date, date]:
    """Yesterday, and the day a week ago."""
    return today - YESTERDAY, today - A_WEEK


def sold_before(curves: Curves, day: date, *, now: datetime, zone: ZoneInfo) -> SoldBefore | None:
    """What was sold on a past day before the present minute of the shop's clock began; None where
    nothing is known of the day."""
    curve = curves.get(day)
    if curve is None:
        return None
    clock = now.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    minute = datetime.combine(day, clock.time())
    return SoldBefore(day, minute.replace(tzinfo=zone), curve.before(minute))


def _plus(one: Cell, other: Cell) -> Cell:
    return Cell(
        one.unidades + other.unidades, one.receita + other.receita, one.pedidos + other.pedidos
    )
