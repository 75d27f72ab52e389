"""Runs of days, as conditions that keep to the sort order of the tables. No I/O."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from warehouse.literals import day_literal

_DAY: Final = timedelta(days=1)
_AROUND: Final = timedelta(days=2)
"""A day of the shop lies within so many days of UTC before and after."""

Span = tuple[date, date]
"""The first and the last day."""


def spans(days: Iterable[date]) -> list[Span]:
    """The days as the fewest spans without a gap, in order."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and day <= found[-1][1] + _DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def months_of(days: Iterable[date]) -> list[Span]:
    """The whole months that hold any of the days."""
    firsts = {day.replace(day=1) for day in days}
    return [(first, _next_month(first) - _DAY) for first in sorted(firsts)]


def days_to_the_next(span: Span) -> list[date]:
    """The days of a span, and the one after it."""
    first, last = span
    return [first + _DAY * number for number in range((last - first).days + 2)]


def begin_of(day: date, timezone: str) -> datetime:
    """The first moment of a day of the shop, as UTC without a zone; where clocks skip midnight, the
    moment at which they do."""
    local = datetime.combine(day, time(), ZoneInfo(timezone))
    return local.astimezone(UTC).replace(tzinfo=None)


def within(column: str, spans: Iterable[Span]) -> str:
    """The condition that a DATE lies in one of the spans."""
    return _any(
        f"{column} BETWEEN {day_literal(first)} AND {day_literal(last)}" for first, last in spans
    )


def lines_within(day: str, spans: Iterable[Span]) -> str:
    """The condition that a line's `data` is on a day in one of the spans.

    `day` is the expression for that day. A wider condition on `data` itself lets the warehouse
    leave out all other blocks of the table. A narrower one spares most lines of a long span the
    expression, since converting time zones costs much.
    """
    return _any(f"{_around(first, last)} AND {_exact(day, first, last)}" for first, last in spans)


def _exact(day: str, first: date, last: date) -> str:
    on_a_day = within(day, [(first, last)])
    if last - first < 2 * _AROUND:
        return on_a_day
    return f"({_between(first + _AROUND, last - _AROUND + _DAY)} OR {on_a_day})"


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(f'({condition})' for condition in conditions)})"


def _around(first: date, last: date) -> str:
    """As far as the calendar goes."""
    since = max(first, date.min + _AROUND) - _AROUND
    until = min(last, date.max - _AROUND) + _AROUND
    return _between(since, until)


def _between(since: date, until: date) -> str:
    return f"data >= TIMESTAMP '{since.isoformat()}' AND data < TIMESTAMP '{until.isoformat()}'"


def _next_month(first: date) -> date:
    return (first + 31 * _DAY).replace(day=1)
