"""Which stored sums add up to a period: whole quarters, whole months, and days at the ends."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

DAYS: Final = "dias"
MONTHS: Final = "meses"
QUARTERS: Final = "trimestres"
BEFORE: Final = date.min
"""Stands for all days that are not kept one by one: in the tables of days, months and quarters."""
AFTER: Final = date(9998, 12, 31)
"""The last day of an open period; later days count as this one."""
_DAY: Final = timedelta(days=1)


class Tile(NamedTuple):
    """Rows of one table, from the first to the last, both included; a row is named by its first
    day."""

    table: str
    first: date
    last: date


def can_tile(first: date, last: date, *, since: date) -> bool:
    """Whether stored sums add up to a period. There is only one sum of all days before `since`."""
    begins = first >= since or first == BEFORE
    return since == BEFORE or (begins and last >= since - _DAY)


def tiles(first: date, last: date, *, since: date) -> list[Tile]:
    """Tiles that together hold each day of the period once.

    Days from `since`, the first of a month, are kept one by one. `can_tile` must be true; BEFORE
    then stands for all days before `since`.
    """
    if first < since:
        before = Tile(QUARTERS, BEFORE, BEFORE)
        return [before, *tiles(since, last, since=since)] if since <= last else [before]
    return list(_wide(QUARTERS, 3, first, last))


def _wide(table: str, months: int, first: date, last: date) -> Iterator[Tile]:
    """The whole spans of `months` months, and smaller tiles before and after them."""
    start, end = _up(first, months), _down(last, months)
    if start >= end:
        yield from _narrower(table, first, last)
        return
    if first < start:
        yield from _narrower(table, first, start - _DAY)
    yield Tile(table, start, end - _DAY)
    if end <= last:
        yield from _narrower(table, end, last)


def _narrower(table: str, first: date, last: date) -> Iterator[Tile]:
    if table == QUARTERS:
        yield from _wide(MONTHS, 1, first, last)
    else:
        yield Tile(DAYS, first, last)


def _up(day: date, months: int) -> date:
    """The first day of the first span that begins on or after a day."""
    start = _start(day, months)
    return start if start == day else _next(start, months)


def _down(day: date, months: int) -> date:
    """The day after the last span that ends on or before a day."""
    start = _start(day, months)
    after = _next(start, months)
    return after if after - _DAY == day else start


def _start(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next(start: date, months: int) -> date:
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, 1)


def first_kept(cells_by_month: Mapping[date, int], most: int) -> date:
    """The first month from which on there are at most `most` cells, at least the newest month;
    BEFORE if all days have no more."""
    kept = 0
    months = sorted(cells_by_month, reverse=True)
    for newer, month in zip([None, *months], months, strict=False):
        kept += cells_by_month[month]
        if kept > most and newer is not None:
            return newer
    return BEFORE
