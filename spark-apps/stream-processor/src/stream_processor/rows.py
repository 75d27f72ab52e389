"""Kafka records one by one, what a dead letter of one holds, and rows as columns.

The columns stand in the order of the tables, since COPY from Parquet goes by position.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from event_contracts.rejection import Rejeicao
from warehouse.arrow_schema import arrow_schema
from warehouse.tables import REJEITADOS

_UTC_MICROS: Final = pa.timestamp("us")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MICROS: Final = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST_MICROS: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)

MONEY: Final = pa.decimal128(18, 2)
_CENT: Final = Decimal("0.01")

Row = tuple[Any, ...]

DEAD_SCHEMA: Final = arrow_schema(REJEITADOS)


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One record of a topic; `received_at` is Kafka's own timestamp of it, in UTC."""

    key: bytes | None
    value: bytes | None
    partition: int
    offset: int
    received_at: datetime


def records(batch: pa.RecordBatch) -> Iterator[KafkaRecord]:
    """The rows of a batch with the columns key, value, partition, offset, timestamp.

    A sender may set the timestamp; one outside the calendar becomes its nearest day.
    """
    columns = (
        batch.column("key").to_pylist(),
        batch.column("value").to_pylist(),
        batch.column("partition").to_pylist(),
        batch.column("offset").to_pylist(),
        received_micros(batch).tolist(),
    )
    for key, value, partition, offset, micro in zip(*columns, strict=True):
        received_at = _EPOCH + timedelta(microseconds=micro)
        yield KafkaRecord(key, value, partition, offset, received_at)


def received_micros(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Kafka's timestamps as microseconds, within the calendar."""
    micros = batch.column("timestamp").cast(_UTC_MICROS).view(pa.int64()).to_numpy()
    within: NDArray[np.int64] = np.minimum(np.maximum(micros, _FIRST_MICROS), _LAST_MICROS)
    return within


def in_cents(price: Decimal) -> Decimal:
    """The price with two decimals. Arrow refuses 0E+50 and crashes on 0E-999999999."""
    return price.quantize(_CENT)


def dead_row(rejection: Rejeicao, record: KafkaRecord, topic: str) -> Row:
    """A dead letter as DEAD_SCHEMA has it."""
    return (
        topic,
        record.partition,
        record.offset,
        rejection.motivo,
        rejection.campo,
        rejection.detalhe,
        record.key,
        record.value,
        record.received_at,
    )


def table_of(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    """Rows as columns; moments are aware and become UTC without a zone."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        _utc_array(column) if kind == _UTC_MICROS else pa.array(column, kind)
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _utc_array(moments: tuple[datetime, ...]) -> pa.Array:
    """Arrow turns an aware datetime into UTC itself; the column then forgets the zone."""
    return pa.array(moments, pa.timestamp("us", tz="UTC")).cast(_UTC_MICROS)
