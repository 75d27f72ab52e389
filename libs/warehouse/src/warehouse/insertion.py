"""Rows that a program makes itself, into their table."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from warehouse.tables import Table
from warehouse.transaction import Transaction

_AT_ONCE: Final = 500
"""Rows of one statement; the driver takes at most 32767 parameters."""


def insert(transaction: Transaction, table: Table, rows: Iterable[Sequence[object]]) -> None:
    """Add rows, whose values are in the order of the table's columns."""
    pending = list(rows)
    row = f"({', '.join(['%s'] * len(table.columns))})"
    for start in range(0, len(pending), _AT_ONCE):
        some = pending[start : start + _AT_ONCE]
        transaction.execute(
            f"INSERT INTO {table.name} ({table.column_list}) VALUES {', '.join([row] * len(some))}",
            [_parameter(value) for values in some for value in values],
        )


def _parameter(value: object) -> object:
    """TIMESTAMP columns hold UTC without a time zone."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
