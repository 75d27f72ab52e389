"""Days and times of the shop, as SQL over the `data` of sales, which is in UTC."""

from datetime import date, timedelta
from typing import Final

_AROUND: Final = timedelta(days=2)


def local_in(timezone: str) -> str:
    """The local time of a line, a timestamp without a zone."""
    return f"data AT TIME ZONE 'UTC' AT TIME ZONE '{timezone}'"


def around(first: date, last: date) -> str:
    """A condition on timestamps, by which the table is sorted. It is wider than the days of the
    shop."""
    since = max(first, date.min + _AROUND) - _AROUND
    until = min(last, date.max - _AROUND) + _AROUND
    return f"data >= TIMESTAMP '{since}' AND data < TIMESTAMP '{until}'"
