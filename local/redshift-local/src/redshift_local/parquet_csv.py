"""Turns Parquet files into the CSV that PostgreSQL's COPY takes, checked as Redshift does.

Columns go by position. Nothing is converted between kinds of types: what Redshift refuses to
load must not load here either.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from redshift_local import load_errors
from redshift_local.result_columns import BYTEA, ResultColumn

_BATCH_ROWS: Final = 16_384
_CSV: Final = csv.WriteOptions(include_header=False, quoting_style="needed")
_HEADER_BYTES: Final = 4
_TEXTS: Final = (1042, 1043)


def _is_text(kind: pa.DataType, _modifier: int) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType, _modifier: int) -> bool:
    is_sized = pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or is_sized)


def _is_timestamp(kind: pa.DataType, _modifier: int) -> bool:
    return bool(pa.types.is_timestamp(kind))


def _is_decimal(kind: pa.DataType, modifier: int) -> bool:
    """The same scale, and no more digits than the column holds."""
    if not pa.types.is_decimal128(kind):
        return False
    precision, scale = (modifier - _HEADER_BYTES) >> 16, (modifier - _HEADER_BYTES) & 0xFFFF
    return modifier < 0 or (kind.scale == scale and kind.precision <= precision)


def _is_one_of(*kinds: pa.DataType) -> Callable[[pa.DataType, int], bool]:
    return lambda kind, _modifier: kind in kinds


_ACCEPTED: Final[dict[int, tuple[str, Callable[[pa.DataType, int], bool]]]] = {
    16: ("BOOL", _is_one_of(pa.bool_())),
    20: ("BIGINT", _is_one_of(pa.int64())),
    21: ("SMALLINT", _is_one_of(pa.int8(), pa.int16())),
    23: ("INT", _is_one_of(pa.int8(), pa.int16(), pa.int32())),
    700: ("REAL", _is_one_of(pa.float32())),
    701: ("DOUBLE", _is_one_of(pa.float64())),
    1042: ("CHAR", _is_text),
    1043: ("VARCHAR", _is_text),
    1082: ("DATE", _is_one_of(pa.date32())),
    1114: ("TIMESTAMP", _is_timestamp),
    1184: ("TIMESTAMPTZ", _is_timestamp),
    1700: ("DECIMAL", _is_decimal),
    BYTEA: ("VARBYTE", _is_bytes),
}


def csv_chunks(data: bytes, targets: Sequence[ResultColumn], *, url: str) -> Iterator[bytes]:
    """CSV in UTF-8: every text in quotes, NULL empty, times in UTC, VARBYTE as `\\x` and digits.

    Raises LoadError where the file is no Parquet or does not fit the columns.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        check(file.schema_arrow, targets, url=url)
        for batch in file.iter_batches(_BATCH_ROWS):
            if batch.num_rows:
                _check_lengths(batch, targets, url)
                yield _as_csv(batch)
    except pa.ArrowException:
        raise load_errors.scan_failed(f"File '{url}' has an invalid version number") from None


def check(schema: pa.Schema, targets: Sequence[ResultColumn], *, url: str) -> None:
    """Raise LoadError, in the words of Redshift, unless each column fits the one in its place."""
    if len(schema) != len(targets):
        raise load_errors.scan_failed(
            "Unmatched number of columns between table and file. "
            f"Table columns: {len(targets)}, Data columns: {len(schema)}, File name: {url}"
        )
    for field, target in zip(schema, targets, strict=True):
        name, accepts = _ACCEPTED.get(target.oid, (f"type {target.oid}", _is_one_of()))
        if not accepts(field.type, target.modifier):
            raise load_errors.scan_failed(
                f"File '{url}' has an incompatible Parquet schema for column "
                f"'{target.name}'. Column type: {name}, Parquet schema: {field.type} {field.name}"
            )


def _check_lengths(batch: pa.RecordBatch, targets: Sequence[ResultColumn], url: str) -> None:
    for column, target in zip(batch.columns, targets, strict=True):
        limit = target.modifier - _HEADER_BYTES
        if target.oid in _TEXTS and limit > 0:
            length = pc.max(pc.binary_length(_writable(column))).as_py() or 0
            if length > limit:
                raise load_errors.too_long(target.name, limit=limit, length=length, url=url)


def _as_csv(batch: pa.RecordBatch) -> bytes:
    columns = [_writable(column) for column in batch.columns]
    sink = pa.BufferOutputStream()
    names = [str(number) for number in range(len(columns))]
    csv.write_csv(pa.RecordBatch.from_arrays(columns, names), sink, _CSV)
    return bytes(sink.getvalue())


def _writable(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us"), safe=False)
    if _is_bytes(column.type, 0):
        texts = (None if value is None else "\\x" + value.hex() for value in column.to_pylist())
        return pa.array(texts, pa.large_string())
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
