"""The days of the shop that are checked, as moments and as SQL."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from warehouse.literals import day_in, day_literal, literal, time_zone
from warehouse.money import LARGEST

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The days `first` to `last` of a time zone, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def all(self) -> list[date]:
        """Each day."""
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    @property
    def only(self) -> date | None:
        """The day if it is one, None if they are several."""
        return self.first if self.first == self.last else None

    def end_of(self, day: date) -> datetime:
        """The first moment after a day."""
        return _begins(day + DAY, self.zone)

    def day_of(self, column: str, *, is_date: bool) -> str:
        """The SQL of the day of a column, which holds a date, or a moment in UTC."""
        return column if is_date else day_in(self.zone.key, column)

    def within(self, column: str, *, is_date: bool) -> str:
        """The SQL condition that a column lies within these days; its sort key can answer it."""
        if is_date:
            return f"{column} BETWEEN {day_literal(self.first)} AND {day_literal(self.last)}"
        since, until = _begins(self.first, self.zone), self.end_of(self.last)
        return f"{column} >= {literal(since)} AND {column} < {literal(until)}"

    def fill_in(self, sql: str) -> str:
        """SQL with its `{primeiro}` and `{ultimo}` day, and the moments `{desde}` and `{ate}`
        (excluded) as literals; the `{fuso}`, the name of the time zone; and the `{limite}` of
        money, at which a figure may stand for any beyond it."""
        return sql.format(
            primeiro=day_literal(self.first),
            ultimo=day_literal(self.last),
            desde=literal(_begins(self.first, self.zone)),
            ate=literal(self.end_of(self.last)),
            fuso=time_zone(self.zone.key),
            limite=LARGEST,
        )


def one_day(day: date, zone: ZoneInfo) -> Days:
    """A single day."""
    return Days(day, day, zone)


def yesterday(now: datetime, zone: ZoneInfo) -> date:
    """The last day that is over."""
    return now.astimezone(zone).date() - DAY


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
