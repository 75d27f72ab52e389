"""SQL literals, for places where Redshift takes no bound parameter."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

_TIME_ZONE: Final = re.compile(r"[A-Za-z0-9_+/-]+")


def literal(moment: datetime) -> str:
    """A TIMESTAMP literal in UTC; made from a datetime alone, so it can hold nothing else."""
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"


def day_literal(day: date) -> str:
    """A DATE literal."""
    return f"DATE '{day.isoformat()}'"


def text_list(texts: Iterable[str]) -> str:
    """A sorted list for `IN`. Pass constants alone: quotes in the texts are not escaped."""
    return "(" + ", ".join(f"'{text}'" for text in sorted(texts)) + ")"


def number_list(numbers: Iterable[int]) -> str:
    """A sorted list for `IN`, which takes no empty one."""
    return "(" + ", ".join(f"{number:d}" for number in sorted(numbers)) + ")"


def time_zone(name: str) -> str:
    """The name, to stand between quotes. Raises ValueError for what cannot be one."""
    if not _TIME_ZONE.fullmatch(name):
        raise ValueError(f"not a time zone: {name!r}")
    return name


def day_in(timezone: str, moment: str = "data") -> str:
    """The expression for the day of the shop on which a UTC column lies.

    Raises ValueError for what cannot be the name of a time zone.
    """
    return f"CAST({local_in(timezone, moment)} AS DATE)"


def local_in(timezone: str, moment: str = "data") -> str:
    """The expression for the local time, without a zone, of a UTC column; raises as `day_in`."""
    return f"{moment} AT TIME ZONE 'UTC' AT TIME ZONE '{time_zone(timezone)}'"
