"""Local times of the shop as UTC, in SQL.

A local time that a change of the clocks skips, or that occurs twice, is read with the offset that
held before the change: it is the first of two, and after a gap it moves on by the gap.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from event_contracts.record import OLDEST

LOCAL: Final = "_local"
"""Stands for the local time in the SQL of this module."""

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


class Change(NamedTuple):
    """From the local time `begins` on, it is `offset` ahead of UTC."""

    begins: datetime
    offset: timedelta


def changes(zone: ZoneInfo, *, until: datetime) -> list[Change]:
    """The changes of a zone's clocks from the year 2000 on, what held before them first."""
    start = OLDEST - 2 * _DAY
    found = [Change(start.replace(tzinfo=None), _offset(zone, start))]
    for moment in _moments_of_change(zone, start, until + 2 * _DAY):
        offset = _offset(zone, moment)
        begins = moment.replace(tzinfo=None) + max(found[-1].offset, offset)
        found.append(Change(begins, offset))
    return found


def _moments_of_change(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """A zone changes its clocks at most once in a day."""
    while start < end:
        if _offset(zone, start) != _offset(zone, start + _DAY):
            yield _first_with_new_offset(zone, start)
        start += _DAY


def _first_with_new_offset(zone: ZoneInfo, start: datetime) -> datetime:
    before, low, high = _offset(zone, start), 0, _DAY // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, start + middle * _SECOND) == before:
            low = middle
        else:
            high = middle
    return start + high * _SECOND


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


@lru_cache(maxsize=8)
def as_utc_sql(zone: ZoneInfo, *, until: datetime) -> str:
    """SQL for the UTC of the TIMESTAMP named LOCAL, exact from 2000 to `until`."""
    *newer, (_, oldest) = reversed(changes(zone, until=until))
    cases = [
        f"WHEN {LOCAL} >= TIMESTAMP '{change.begins}' THEN {_shifted(change.offset)}"
        for change in newer
    ]
    return f"CASE {' '.join(cases)} ELSE {_shifted(oldest)} END" if cases else _shifted(oldest)


def _shifted(offset: timedelta) -> str:
    return f"{LOCAL} - INTERVAL '{int(offset.total_seconds())} seconds'"
