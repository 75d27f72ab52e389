"""A batch of Kafka records as Arrow tables: rows of a table, and dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

import pyarrow as pa

from event_contracts.rejection import Rejeicao
from stream_processor.rows import DEAD_SCHEMA, KafkaRecord, Row, dead_row, records, table_of

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decode(Protocol[T_co]):
    """What turns a record's value into a model, as `decode_evento` does."""

    def __call__(self, raw: bytes | None, *, received_at: datetime) -> T_co | list[Rejeicao]: ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """The rows and the dead letters of one batch, both in the order of its records."""

    rows: pa.Table
    dead: pa.Table


DecodeBatch: TypeAlias = Callable[[pa.RecordBatch], Decoded]
"""What turns a batch of a topic's records, with the columns of Kafka, into rows."""


def decode_carefully(
    batch: pa.RecordBatch,
    decode: Decode[T],
    row_of: Callable[[T, KafkaRecord, str], Row],
    *,
    schema: pa.Schema,
    topic: str,
) -> Decoded:
    """Decode one record after the other; `row_of` gives a model's values in the schema's order."""
    rows, dead = decode_one_by_one(batch, decode, row_of, topic)
    return Decoded(table_of(rows.values(), schema), table_of(dead, DEAD_SCHEMA))


def decode_one_by_one(
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


def refuse_all(
    batch: pa.RecordBatch, *, rejection: Rejeicao, schema: pa.Schema, topic: str
) -> Decoded:
    """Every record a dead letter, whatever is in it; `schema` is that of the rows there are not."""
    dead = [dead_row(rejection, record, topic) for record in records(batch)]
    return Decoded(schema.empty_table(), table_of(dead, DEAD_SCHEMA))
