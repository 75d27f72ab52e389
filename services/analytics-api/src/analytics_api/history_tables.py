"""The aggregates of batch-etl and the names of products, as tables beside the columns of sales."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from analytics_api.history_sql import READ
from analytics_api.sales import Rows, transaction


class HistoryTables:
    """Writes the tables; one thread at a time. Readers of other cursors see each load as a whole
    or not at all."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def replace(self, tables: Mapping[str, Rows]) -> None:
        """Put new rows in place of all rows of these tables."""
        with transaction(self._cursor):
            for table, batches in tables.items():
                self._cursor.execute(f"DELETE FROM {table}")
                self._fill(table, batches)

    def _fill(self, table: str, batches: Iterable[Sequence[Sequence[Any]]]) -> None:
        for rows in filter(None, batches):
            encoded = msgspec.json.encode(rows).decode()
            self._cursor.execute(f"INSERT INTO {table} {READ[table]}", [encoded])
