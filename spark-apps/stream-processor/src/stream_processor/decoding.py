"""A batch of Kafka records as Arrow tables: rows of a table, and dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from event_contracts.evento import decode_evento
from event_contracts.rejection import Rejeicao
from stream_processor.fast_path import Mask, decode_plain
from stream_processor.plain_json import Screening, screen
from stream_processor.rows import (
    DEAD_SCHEMA,
    EVENTS_SCHEMA,
    KafkaRecord,
    Row,
    dead_row,
    event_row,
    received_micros,
    records,
    table_of,
)

FEWEST_FOR_COLUMNS: Final = 600
"""With fewer records a query costs more than to decode them one by one; measured."""

T = TypeVar("T")
Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)
T_co = TypeVar("T_co", covariant=True)


class Decode(Protocol[T_co]):
    """What turns a record's value into a model, as `decode_evento` does."""

    def __call__(self, raw: bytes | None, *, received_at: datetime) -> T_co | list[Rejeicao]: ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """The rows and the dead letters of one batch, both in the order of its records."""

    rows: pa.Table
    dead: pa.Table


def decode_eventos(batch: pa.RecordBatch, *, topic: str) -> Decoded:
    """Rows of EVENTS_SCHEMA and dead letters of DEAD_SCHEMA.

    The batch has the columns key, value, partition, offset, timestamp. What cannot be vouched for
    as columns is decoded one by one, which alone says what is wrong and why.
    """
    screening = screen(batch.column("value"))
    if np.count_nonzero(screening.plain) < FEWEST_FOR_COLUMNS:
        return decode_carefully(batch, decode_evento, event_row, schema=EVENTS_SCHEMA, topic=topic)
    vouched, fast = _by_columns(batch, screening, topic)
    if vouched.all():
        return Decoded(fast, DEAD_SCHEMA.empty_table())
    rest = batch.filter(pa.array(~vouched))
    slow, dead = _one_by_one(rest, decode_evento, event_row, topic)
    places = np.concatenate([np.flatnonzero(vouched), np.flatnonzero(~vouched)[list(slow)]])
    rows = pa.concat_tables([fast, table_of(slow.values(), EVENTS_SCHEMA)])
    return Decoded(rows.take(pa.array(np.argsort(places))), table_of(dead, DEAD_SCHEMA))


def decode_carefully(
    batch: pa.RecordBatch,
    decode: Decode[T],
    row_of: Callable[[T, KafkaRecord, str], Row],
    *,
    schema: pa.Schema,
    topic: str,
) -> Decoded:
    """Decode one record after the other; `row_of` gives a model's values in the schema's order."""
    rows, dead = _one_by_one(batch, decode, row_of, topic)
    return Decoded(table_of(rows.values(), schema), table_of(dead, DEAD_SCHEMA))


def _one_by_one(
    batch: pa.RecordBatch,
    decode: Decode[T],
    row_of: Callable[[T, KafkaRecord, str], Row],
    topic: str,
) -> tuple[dict[int, Row], list[Row]]:
    """Rows by the place of their record in the batch, and dead letters."""
    rows, dead = {}, []
    for place, record in enumerate(records(batch)):
        decoded = decode(record.value, received_at=record.received_at)
        if isinstance(decoded, list):
            dead.append(dead_row(decoded[0], record, topic))
        else:
            rows[place] = row_of(decoded, record, topic)
    return rows, dead


def _by_columns(batch: pa.RecordBatch, screening: Screening, topic: str) -> tuple[Mask, pa.Table]:
    """Which records are vouched for, and their rows."""
    plain = _filtered(batch, screening.plain)
    received_at = received_micros(plain)
    vouched, columns = decode_plain(
        plain.column("value").view(pa.string()),
        quotes=screening.quotes[screening.plain],
        received_at=received_at.to_numpy(),
    )
    partition, offset = plain.column("partition"), plain.column("offset")
    if columns["id_evento"].null_count:
        names = _names(topic, partition, offset)
        columns["id_evento"] = pc.coalesce(columns["id_evento"], names)
    columns |= {
        "kafka_partition": partition,
        "kafka_offset": offset,
        "recebido_em": received_at.cast(pa.timestamp("us")),
    }
    of_all = screening.plain.copy()
    of_all[screening.plain] = vouched
    return of_all, _filtered(_table(columns), vouched)


def _filtered(rows: Rows, mask: Mask) -> Rows:
    """Arrow copies every row even where none is left out."""
    return rows if mask.all() else rows.filter(pa.array(mask))


def _table(columns: dict[str, pa.Array]) -> pa.Table:
    return pa.table([columns[name] for name in EVENTS_SCHEMA.names], schema=EVENTS_SCHEMA)


def _names(topic: str, partition: pa.Array, offset: pa.Array) -> pa.StringArray:
    """`event_name` of events without an id."""
    text = pa.string()
    return pc.binary_join_element_wise(topic, partition.cast(text), offset.cast(text), "-")
