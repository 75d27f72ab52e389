"""A table of the warehouse as a Parquet file, for tools that read files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from service_runtime.errors import PermanentError
from warehouse.arrow_schema import arrow_schema
from warehouse.connection import Warehouse
from warehouse.tables import TABLES, Table
from warehouse.transaction import Row

_ROWS: Final = 50_000


def table_of(name: str) -> Table:
    """Raises PermanentError, naming those that there are, for a table that is not declared."""
    tables = {table.name: table for table in TABLES}
    if name not in tables:
        raise PermanentError(f"there is no table {name}; there are {', '.join(sorted(tables))}")
    return tables[name]


def export_table(warehouse: Warehouse, table: Table, target: Path) -> int:
    """Write all rows of a table, as one transaction sees them; returns how many there were.

    Memory is bounded by a batch of rows. A file that was there is replaced when all is written.
    """
    schema = arrow_schema(table)
    partial = target.with_name(f".{target.name}.partial")
    rows = 0
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for batch in _batches(warehouse, table, schema):
                writer.write_batch(batch)
                rows += batch.num_rows
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _batches(warehouse: Warehouse, table: Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with warehouse.transaction() as transaction:
        for rows in transaction.batches(f"SELECT {table.column_list} FROM {table.name}", _ROWS):
            yield _batch(rows, schema)


def _batch(rows: Sequence[Row], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [_array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The driver returns VARBYTE as hexadecimal digits."""
    if pa.types.is_binary(kind):
        column = [None if digits is None else bytes.fromhex(digits) for digits in column]
    return pa.array(column, kind)
