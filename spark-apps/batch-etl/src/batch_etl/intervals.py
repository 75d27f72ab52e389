"""Intervals of days, both ends included."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Interval:
    """Days of the shop. Raises ValueError where it ends before it begins."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the interval ends on {self.last}, before it begins on {self.first}")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> list[date]:
        """Every day of it, in order."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]

    def pieces(self, days: int) -> Iterator["Interval"]:
        """The same days in intervals of so many days at most, in order."""
        first = self.first
        while first <= self.last:
            last = min(first + timedelta(days - 1), self.last)
            yield Interval(first, last)
            first = last + timedelta(1)
