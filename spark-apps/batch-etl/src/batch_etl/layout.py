"""What the columns of a kind of file are, and what is known beside the file when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

import pyarrow as pa


class ColumnKind(Enum):
    """What a column holds, and so how it is cleaned."""

    ID = auto()
    COUNT = auto()
    PRICE = auto()
    MOMENT = auto()
    STATE = auto()
    NAME = auto()
    CATEGORY = auto()


NUMBERS = frozenset({ColumnKind.COUNT, ColumnKind.PRICE})


@dataclass(frozen=True, slots=True)
class Field:
    """A column. One that is not `required` may be empty; one that is `optional`, absent too."""

    name: str
    kind: ColumnKind
    required: bool = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file. Rows that agree in `key` repeat each other."""

    fields: tuple[Field, ...]
    key: tuple[str, ...]
    schema: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a file does not say itself.

    `timezone` is the IANA name of the shop's time zone, `now` the present as aware UTC, `columns`
    the names of the shop's own columns to ours (see `mapping.py`). DuckDB keeps to `memory_limit`
    and writes what does not fit to a folder of its own in `temp_folder`, the system's by default.
    """

    timezone: str
    now: datetime
    columns: Mapping[str, str] = field(default_factory=dict)
    memory_limit: str = "512MB"
    temp_folder: Path | None = None
