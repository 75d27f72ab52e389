"""The rows of a Parquet file, with their numbers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from batch_etl.bad_file import BadFileError
from batch_etl.layout import Layout
from batch_etl.mapping import Found, find_columns
from batch_etl.raw_rows import LINHA, MALFORMED, RawRows, Stored, raw_name
from batch_etl.typed_cleaning import cleaner, stored

MAGIC: Final = b"PAR1"
_ROWS: Final = 65_536
_BUFFER_BYTES: Final = 1 << 20


def is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


@contextmanager
def parquet_rows(
    path: Path, *, name: str, layout: Layout, mapping: Mapping[str, str]
) -> Iterator[RawRows]:
    """Column chunks are read in pieces, so that a row group of any size takes little memory."""
    try:
        file = pa.parquet.ParquetFile(
            path, buffer_size=_BUFFER_BYTES, pre_buffer=False, coerce_int96_timestamp_unit="us"
        )
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error
    with file:
        schema = file.schema_arrow
        found = find_columns(schema.names, layout=layout, mapping=mapping, file=name)
        how = _stored(schema, found, layout, name) | _instants(file.schema, found)
        yield RawRows(
            format="parquet", found=found, stored=how, batches=_batches(file, found, how, name)
        )


def _damaged(name: str, error: Exception) -> BadFileError | OSError:
    """An error of the disk itself has a number; it is not the file's fault."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return BadFileError(name, f"is damaged Parquet: {error}")


def _stored(schema: pa.Schema, found: Found, layout: Layout, name: str) -> dict[str, Stored]:
    result = {}
    for field in layout.fields:
        if field.name not in found.positions:
            continue
        kind = schema.field(found.positions[field.name]).type
        how = stored(kind)
        if how is None or cleaner(how, field.kind) is None:
            column = found.columns[field.name]
            raise BadFileError(
                name, f"holds {kind} in {column!r}, of which no {field.name} is made"
            )
        result[field.name] = how
    return result


def _instants(schema: pa.parquet.ParquetSchema, found: Found) -> dict[str, Stored]:
    """INT96, which Spark, Hive and Athena write, is a moment in UTC; Arrow gives it no zone."""
    columns = (schema.column(at) for at in range(len(schema)))
    paths = {column.path for column in columns if column.physical_type == "INT96"}
    return {field: Stored.UTC for field, name in found.columns.items() if name in paths}


def _batches(
    file: pa.parquet.ParquetFile, found: Found, how: Mapping[str, Stored], name: str
) -> Iterator[pa.RecordBatch]:
    read = 0
    rows = file.iter_batches(_ROWS, columns=[*found.columns.values()], use_threads=False)
    try:
        for batch in rows:
            linhas = pa.array(np.arange(read + 1, read + 1 + batch.num_rows), pa.int64())
            columns = {LINHA: linhas, MALFORMED: pa.nulls(batch.num_rows, pa.string())}
            for field, column in found.columns.items():
                columns[raw_name(field)] = _plain(batch.column(column), how[field])
            yield pa.RecordBatch.from_pydict(columns)
            read += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(name, error) from error


def _plain(column: pa.Array, how: Stored) -> pa.Array:
    """TEXT and EXACT as strings of valid UTF-8, UTC without its zone, the rest as it is."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if how in (Stored.TEXT, Stored.EXACT):
        column = column.cast(pa.string())
        column.validate(full=True)
    if how is Stored.UTC:
        column = column.view(pa.timestamp(column.type.unit))
    return column
