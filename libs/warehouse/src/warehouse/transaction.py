"""Statements within one transaction of the warehouse; it knows no driver, so that what merely says
what to run need not import one."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from zlib import crc32

Row = Sequence[Any]


class Cursor(Protocol):
    """What is used of a driver's cursor, as PEP 249 has it."""

    @property
    def rowcount(self) -> int:
        """Rows that the last statement touched."""

    def execute(self, operation: str, args: Sequence[object] = ..., /) -> object:
        """Run one statement."""

    def fetchall(self) -> Sequence[Row]:
        """Every row that it found."""


class Transaction:
    """Statements within one transaction; parameters are `%s`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; the number of rows it touched, -1 where the driver does not say."""
        self._cursor.execute(statement, tuple(parameters))
        return int(self._cursor.rowcount)

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row of a query."""
        self._cursor.execute(statement, tuple(parameters))
        return list(self._cursor.fetchall())

    def batches(self, statement: str, size: int) -> Iterator[list[Row]]:
        """Every row of a query, `size` at a time; one such query at once in a transaction."""
        # The driver remembers the columns of every statement that it has sent, so that cursors
        # of different columns need different names.
        cursor = f"lotes_{crc32(statement.encode()):08x}"
        self._cursor.execute(f"DECLARE {cursor} CURSOR FOR {statement}")
        while batch := self.rows(f"FETCH FORWARD {size:d} FROM {cursor}"):
            yield batch
        self._cursor.execute(f"CLOSE {cursor}")

    def row(self, statement: str, parameters: Sequence[object] = ()) -> Row:
        """The one row of a query that always has one, such as an aggregate."""
        return self.rows(statement, parameters)[0]
