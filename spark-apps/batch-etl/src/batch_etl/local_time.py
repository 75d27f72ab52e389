"""Local times of the shop as UTC and the other way round, in SQL.

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
    (_, oldest), *later = offsets(zone, since=start, until=until + 2 * _DAY)
    found = [Change(start.replace(tzinfo=None), oldest)]
    for moment, offset in later:
        begins = moment.replace(tzinfo=None) + max(found[-1].offset, offset)
        found.append(Change(begins, offset))
    return found


def offsets(
    zone: ZoneInfo, *, since: datetime, until: datetime
) -> list[tuple[datetime, timedelta]]:
    """How far a zone is ahead of UTC between two moments, the first being whole seconds: each
    offset with the moment from which on it holds, `since` itself first."""
    changed = [moment for moment in _moments_of_change(zone, since, until) if moment <= until]
    return [(moment, _offset(zone, moment)) for moment in (since, *changed)]


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
    return f"{LOCAL} - {_seconds(offset)}"


def as_local_sql(zone: ZoneInfo, moment: str, *, since: datetime, until: datetime) -> str:
    """SQL for the local time of `moment`, a TIMESTAMP in UTC, exact from `since` to `until`; as
    PostgreSQL's AT TIME ZONE has it."""
    (_, oldest), *later = offsets(zone, since=since, until=until)
    cases = [
        f"WHEN {moment} >= TIMESTAMP '{begins.replace(tzinfo=None)}' THEN {_seconds(offset)}"
        for begins, offset in reversed(later)
    ]
    shift = f"CASE {' '.join(cases)} ELSE {_seconds(oldest)} END" if cases else _seconds(oldest)
    return f"{moment} + {shift}"


def _seconds(offset: timedelta) -> str:
    return f"INTERVAL '{int(offset.total_seconds())} seconds'"
