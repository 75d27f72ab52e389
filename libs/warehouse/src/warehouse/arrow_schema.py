"""The Arrow schema of a table, as the Parquet files that COPY reads must have it."""

import re
from typing import Final

import pyarrow as pa

from warehouse.tables import Table

_TYPES: Final = {
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "VARBYTE": pa.binary(),
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+), (\d+)\)")


def arrow_schema(table: Table) -> pa.Schema:
    """Columns in the order of the table, since COPY from Parquet goes by position. Timestamps are
    in UTC and have no time zone."""
    return pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])


def _arrow_type(sql: str) -> pa.DataType:
    decimal = _DECIMAL.fullmatch(sql)
    if decimal:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return _TYPES[sql.partition("(")[0]]
