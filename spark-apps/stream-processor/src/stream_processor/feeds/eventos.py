"""Customers' events: records of `eventos_clientes` as rows of the table of that name."""

from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from event_contracts.evento import Evento, decode_evento
from event_contracts.identity import event_identity
from event_contracts.names import TOPIC_EVENTOS
from stream_processor.decoding import Decoded, decode_one_by_one
from stream_processor.fast_path import Mask, decode_plain
from stream_processor.plain_json import are_plain
from stream_processor.rows import DEAD_SCHEMA, KafkaRecord, Row, in_cents, received_micros, table_of
from warehouse import tables
from warehouse.arrow_schema import arrow_schema

Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)

EVENTS_SCHEMA: Final = arrow_schema(tables.EVENTOS)
AT_ONCE: Final = 4_000
"""Records whose objects fit into a core's cache; measured."""


def decode_eventos(batch: pa.RecordBatch) -> Decoded:
    """Rows of EVENTS_SCHEMA and dead letters of DEAD_SCHEMA.

    The batch has the columns key, value, partition, offset, timestamp. What is not certainly valid
    as columns is decoded one by one, which alone says what is wrong and why.
    """
    starts = range(0, batch.num_rows or 1, AT_ONCE)
    parts = [_decode(batch.slice(start, AT_ONCE)) for start in starts]
    if len(parts) == 1:
        return parts[0]
    return Decoded(
        pa.concat_tables([part.rows for part in parts]).combine_chunks(),
        pa.concat_tables([part.dead for part in parts]).combine_chunks(),
    )


def _decode(batch: pa.RecordBatch) -> Decoded:
    certainly_valid, fast = _by_columns(batch)
    if certainly_valid.all():
        return Decoded(fast, DEAD_SCHEMA.empty_table())
    rest = batch.filter(pa.array(~certainly_valid))
    slow, dead = decode_one_by_one(rest, decode_evento, event_row, TOPIC_EVENTOS)
    places = np.concatenate(
        [np.flatnonzero(certainly_valid), np.flatnonzero(~certainly_valid)[list(slow)]]
    )
    rows = pa.concat_tables([fast, table_of(slow.values(), EVENTS_SCHEMA)])
    return Decoded(rows.take(pa.array(np.argsort(places))), table_of(dead, DEAD_SCHEMA))


def event_row(evento: Evento, record: KafkaRecord, topic: str) -> Row:
    """An event as EVENTS_SCHEMA has it."""
    identity = event_identity(
        evento.id_evento, topic=topic, partition=record.partition, offset=record.offset
    )
    return (
        evento.id_usuario,
        evento.tipo_evento,
        evento.id_produto,
        evento.timestamp,
        identity.id_evento,
        evento.id_pedido,
        evento.quantidade,
        None if evento.preco is None else in_cents(evento.preco),
        evento.id_sessao,
        evento.versao,
        record.partition,
        record.offset,
        record.received_at,
        identity.original,
    )


def _by_columns(batch: pa.RecordBatch) -> tuple[Mask, pa.Table]:
    """Which records are certainly valid, and their rows."""
    of_all = are_plain(batch.column("value"))
    if not of_all.any():
        return of_all, EVENTS_SCHEMA.empty_table()
    plain = _filtered(batch, of_all)
    received_at = received_micros(plain)
    certainly_valid, columns = decode_plain(plain.column("value"), received_at)
    partition, offset = plain.column("partition"), plain.column("offset")
    if columns["id_evento"].null_count:
        names = _names(partition, offset)
        columns["id_evento"] = pc.coalesce(columns["id_evento"], names)
    columns |= {
        "kafka_partition": partition,
        "kafka_offset": offset,
        "recebido_em": pa.array(received_at).view(pa.timestamp("us")),
    }
    of_all[of_all] = certainly_valid
    return of_all, _filtered(_table(columns), certainly_valid)


def _filtered(rows: Rows, mask: Mask) -> Rows:
    """Arrow copies every row even where none is left out."""
    return rows if mask.all() else rows.filter(pa.array(mask))


def _table(columns: dict[str, pa.Array]) -> pa.Table:
    return pa.table([columns[name] for name in EVENTS_SCHEMA.names], schema=EVENTS_SCHEMA)


def _names(partition: pa.Array, offset: pa.Array) -> pa.StringArray:
    """`event_identity` of events without an id."""
    text = pa.string()
    return pc.binary_join_element_wise(TOPIC_EVENTOS, partition.cast(text), offset.cast(text), "-")
