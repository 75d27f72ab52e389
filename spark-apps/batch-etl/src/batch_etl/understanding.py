"""What a file was understood to be, for those who ask before they load it."""

from collections.abc import Mapping
from dataclasses import dataclass

DATE_ORDER = "dd/mm/aaaa"
"""The only order in which a date with slashes is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """How a file was read.

    `columns` holds the file's column names by ours; `ignored` the columns that are not ours;
    `absent` those of ours that the file may lack and does. `decimal_mark` is None where no number
    is text; `told_by_comma` and `told_by_point` count the numbers that can be read in one way only
    and so decided it. `date_order` is None where dates are typed.
    """

    format: str
    compression: str | None
    encoding: str | None
    has_bom: bool
    delimiter: str | None
    decimal_mark: str | None
    told_by_comma: int
    told_by_point: int
    date_order: str | None
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]
