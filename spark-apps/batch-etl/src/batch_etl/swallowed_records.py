"""Finds the records of a CSV file that hold other records.

A field that begins with a stray quote goes on to the next quote, over all lines between. Such a
record is told from one with a note of several lines by its own lines: two of them at least look
like records.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from batch_etl.layout import NUMBERS, ColumnKind, Layout
from batch_etl.mapping import Found
from batch_etl.raw_rows import may_hold

_FEWEST_COLUMNS: Final = 4
"""A line of a note may well have one delimiter, or two."""
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_DIGIT: Final = re.compile("[0-9]")
_WITH_DIGITS: Final = NUMBERS | {ColumnKind.MOMENT}


class RecordShape:
    """What a line looks like that is a record: as many fields as the header, none empty that is
    required, and digits in numbers and moments."""

    def __init__(self, found: Found, layout: Layout, *, width: int, delimiter: str) -> None:
        present = [field for field in layout.fields if field.name in found.positions]
        self.width = width
        self.delimiter = delimiter
        self._required = [found.positions[f.name] for f in present if f.required]
        self._digits = [found.positions[f.name] for f in present if f.kind in _WITH_DIGITS]

    def fits(self, line: str) -> bool:
        """Whether a line looks like a record."""
        fields = [field.strip() for field in line.split(self.delimiter)]
        return (
            len(fields) == self.width >= _FEWEST_COLUMNS
            and all(fields[at] for at in self._required)
            and all(not fields[at] or _DIGIT.search(fields[at]) for at in self._digits)
        )

    def is_in(self, field: str) -> bool:
        """Whether a line of one field looks like a record."""
        return any(map(self.fits, _BREAK.split(field)))

    def holds_others(self, fields: Sequence[str]) -> bool:
        """Whether a record looks like several that a quote made one."""
        whole = (f if _BREAK.search(f) else f.replace(self.delimiter, " ") for f in fields)
        lines = _BREAK.split(self.delimiter.join(whole))
        return sum(map(self.fits, lines)) > 1


def swallowing(batch: pa.RecordBatch, shape: RecordShape) -> dict[int, list[str]]:
    """The records of a batch that hold others, by where they stand in it. All columns of the file
    are in it."""
    broken = [column for column in batch.columns if any(may_hold(column, b) for b in "\r\n")]
    if not broken:
        return {}
    delimiters = sum(_delimiters_beside_breaks(column, shape.delimiter) for column in broken)
    candidates = np.flatnonzero(delimiters >= shape.width - 1)
    rows = (list(row.values()) for row in batch.take(pa.array(candidates)).to_pylist())
    found = zip(candidates.tolist(), rows, strict=True)
    return {at: fields for at, fields in found if shape.holds_others(fields)}


def _delimiters_beside_breaks(column: pa.StringArray, delimiter: str) -> NDArray[np.int32]:
    """How many delimiters are in each field that has several lines. Where they are fewer than in
    the header, no two lines of the record look like records."""
    has_break = pc.or_(pc.match_substring(column, "\n"), pc.match_substring(column, "\r"))
    counts = pc.if_else(has_break, pc.count_substring(column, delimiter), 0)
    result: NDArray[np.int32] = counts.to_numpy(zero_copy_only=False)
    return result
