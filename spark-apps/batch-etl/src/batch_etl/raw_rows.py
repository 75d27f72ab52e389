"""The rows of a file as it holds them: what the readers of each format have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

import pyarrow as pa

from batch_etl.mapping import Found

LINHA: Final = "linha"
MALFORMED: Final = "malformada"
"""Text of a row that is not one record of the header's columns, None of every other row."""


class Stored(Enum):
    """How a file stores the values of a column."""

    TEXT = auto()
    WHOLE = auto()
    CENTS = auto()
    EXACT = auto()
    SINGLE = auto()
    DOUBLE = auto()
    LOCAL = auto()
    UTC = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRows:
    """A file that is open. Each batch has LINHA, MALFORMED and the columns found, `r_` before
    their names; those that are TEXT or EXACT are strings. Batches can be taken once, and raise
    BadFileError or NotUtf8Error."""

    format: str
    found: Found
    stored: Mapping[str, Stored]
    batches: Iterator[pa.RecordBatch] = field(repr=False)
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


def raw_name(field: str) -> str:
    """The column of a batch that holds a field as the file has it."""
    return f"r_{field}"


def state_name(field: str) -> str:
    """The column of the state's code that is made of such a field."""
    return f"s_{field}"


def may_hold(column: pa.StringArray, character: str) -> bool:
    """Whether a character of ASCII is among the bytes of a column, or of the one that it is a part
    of: if not, which is told fast, no value holds it."""
    content = column.buffers()[2]
    return content is not None and character.encode() in content.to_pybytes()
