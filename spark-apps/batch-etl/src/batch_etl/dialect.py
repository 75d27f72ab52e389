"""Finds the delimiter and the column names of a CSV file by its header."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import dropwhile
from typing import Final

DELIMITERS: Final = (",", ";", "\t")
_DECLARATION: Final = "sep="
"""Excel writes and reads a first line that names the delimiter."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a CSV file; `length` is its size in characters, up to the first record."""

    delimiter: str
    names: tuple[str, ...]
    length: int


def read_header(text: str, known: Callable[[tuple[str, ...]], int]) -> Header | None:
    """The header at the beginning of a text; None where there is none, or a quote in it is open.

    The delimiter is the one by which most names are `known`, then that which gives most names,
    then the first of DELIMITERS. Empty lines before the header, and a line `sep=;`, are passed.
    """
    found = [header for mark in DELIMITERS if (header := _parsed(text, mark))]
    return max(found, key=lambda h: (known(h.names), len(h.names)), default=None)


def _parsed(text: str, delimiter: str) -> Header | None:
    length, is_open = 0, False

    def lines() -> Iterator[str]:
        nonlocal length, is_open
        for line in StringIO(text, newline=""):
            length += len(line)
            yield line
        is_open = True

    records = csv.reader(dropwhile(_precedes, lines()), delimiter=delimiter)
    try:
        names = next((tuple(record) for record in records if record), None)
    except csv.Error:
        return None
    return Header(delimiter, names, length) if names and not is_open else None


def _precedes(line: str) -> bool:
    mark = line.lower().removeprefix(_DECLARATION)
    return not line.strip("\r\n") or (mark != line.lower() and mark.strip("\r\n") in DELIMITERS)
