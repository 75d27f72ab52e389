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
    is text, and `date_order` where dates are typed.
    """

    format: str
    compression: str | None
    encoding: str | None
    delimiter: str | None
    decimal_mark: str | None
    date_order: str | None
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]
