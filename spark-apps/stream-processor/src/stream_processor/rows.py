"""Kafka records into Arrow tables: rows of `eventos_clientes`, and dead letters.

The columns stand in the order of the tables, since COPY from Parquet goes by position.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from event_contracts.evento import Evento, decode_evento, event_name
from event_contracts.rejection import Rejeicao
from warehouse.arrow_schema import arrow_schema
from warehouse.tables import EVENTOS, REJEITADOS

_UTC_MICROS: Final = pa.timestamp("us")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

EVENTS_SCHEMA: Final = arrow_schema(EVENTOS)
DEAD_SCHEMA: Final = arrow_schema(REJEITADOS)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The rows of a topic's table, and dead letters, both in the order of the records."""

    rows: pa.Table
    dead: pa.Table


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One record of a topic; `received_at` is Kafka's own timestamp of it, in UTC."""

    key: bytes | None
    value: bytes | None
    partition: int
    offset: int
    received_at: datetime


def records(batch: pa.RecordBatch) -> Iterator[KafkaRecord]:
    """The rows of a batch with the columns key, value, partition, offset, timestamp."""
    micros = batch.column("timestamp").cast(pa.timestamp("us")).cast(pa.int64())
    columns = (
        batch.column("key").to_pylist(),
        batch.column("value").to_pylist(),
        batch.column("partition").to_pylist(),
        batch.column("offset").to_pylist(),
        micros.to_pylist(),
    )
    for key, value, partition, offset, micro in zip(*columns, strict=True):
        received_at = _EPOCH + timedelta(microseconds=micro)
        yield KafkaRecord(key, value, partition, offset, received_at)


@dataclass(slots=True)
class DecodedPart:
    """What one Spark task read, which lies in one partition."""

    topic: str
    events: list[tuple[Any, ...]] = field(default_factory=list)
    dead: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, record: KafkaRecord) -> None:
        """Sort one record into events or dead letters."""
        decoded = decode_evento(record.value, received_at=record.received_at)
        if isinstance(decoded, list):
            self.dead.append(_dead_row(self.topic, record, decoded[0]))
        else:
            self.events.append(_event_row(self.topic, record, decoded))

    def events_table(self) -> pa.Table:
        """Rows of `eventos_clientes`."""
        return _table(self.events, EVENTS_SCHEMA)

    def dead_table(self) -> pa.Table:
        """Rows of `eventos_rejeitados`."""
        return _table(self.dead, DEAD_SCHEMA)


def _event_row(topic: str, record: KafkaRecord, evento: Evento) -> tuple[Any, ...]:
    return (
        evento.id_usuario,
        evento.tipo_evento,
        evento.id_produto,
        evento.timestamp,
        event_name(evento, topic=topic, partition=record.partition, offset=record.offset),
        evento.id_pedido,
        evento.quantidade,
        evento.preco,
        evento.id_sessao,
        evento.versao,
        record.partition,
        record.offset,
        record.received_at,
    )


def _dead_row(topic: str, record: KafkaRecord, rejection: Rejeicao) -> tuple[Any, ...]:
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


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        _utc_array(column) if kind == _UTC_MICROS else pa.array(column, kind)
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _utc_array(moments: tuple[datetime, ...]) -> pa.Array:
    """Arrow turns an aware datetime into UTC itself; the column then forgets the zone."""
    return pa.array(moments, pa.timestamp("us", tz="UTC")).cast(_UTC_MICROS)
