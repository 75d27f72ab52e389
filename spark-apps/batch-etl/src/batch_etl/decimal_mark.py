"""Decides whether a file writes its decimals with a point or a comma.

A number tells it when it can be read in one way only: `10,5`, `1.234,56` and `1.234.567` are
written with a comma, `10.5`, `1,234.56`, `1,234,567` and `0.125` with a point. `1.234` and `1,234`
alone tell nothing.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from batch_etl.raw_rows import may_hold
from event_contracts.texts import BLANKS

COMMA: Final = ","
POINT: Final = "."
GROUPS: Final = {COMMA: POINT, POINT: COMMA}
"""What parts the thousands, by the decimal mark."""


def grouped(mark: str, times: str = "+") -> str:
    """A pattern for an integer with its thousands parted, where this is the decimal mark."""
    return f"[1-9][0-9]{{0,2}}(?:[{GROUPS[mark]}][0-9]{{3}}){times}"


def _telling(mark: str) -> str:
    """A pattern for what can only be a number with this decimal mark."""
    d = f"[{mark}]"
    ways = (
        rf"[0-9]+{d}(?:[0-9]{{0,2}}|[0-9]{{4,}})",
        rf"(?:[0-9]{{4,}}|0[0-9]*){d}[0-9]{{3}}",
        rf"{d}[0-9]+",
        rf"{grouped(mark)}{d}[0-9]*",
        grouped(mark, "{2,}"),
    )
    return rf"^[{BLANKS}]*[-+]?(?:{'|'.join(ways)})[{BLANKS}]*$"


_COMMA_TELLS: Final = _telling(COMMA)
_POINT_TELLS: Final = _telling(POINT)


class MarkEvidence(NamedTuple):
    """How many numbers of a file can be read with a comma only, and with a point only."""

    commas: int = 0
    points: int = 0

    @property
    def mark(self) -> str:
        """What more numbers tell; the point where they tell nothing."""
        return COMMA if self.commas > self.points else POINT

    def with_columns(self, columns: Iterable[pa.StringArray]) -> "MarkEvidence":
        """The evidence with that of further rows."""
        commas, points = self
        for column in columns:
            if may_hold(column, COMMA) or may_hold(column, POINT):
                commas += _count(column, _COMMA_TELLS)
                points += _count(column, _POINT_TELLS)
        return MarkEvidence(commas, points)


def _count(column: pa.StringArray, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0
