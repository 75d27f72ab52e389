"""What runs in Spark's Python workers for the live figures: records into the columns they count.

A task yields one row with all of its columns in Arrow's own bytes, so that Spark carries them to
the driver without looking at each event.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from event_contracts.evento import TAKES_BACK, TipoEvento
from event_contracts.live_figures import MINUTE, WINDOW
from stream_processor.feeds.eventos import decode_eventos
from stream_processor.rows import MONEY

_TAKES_BACK: Final = pa.array(sorted(map(str, TAKES_BACK)))
_PUTS_IN: Final = pa.array([str(TipoEvento.COMPRA), str(TipoEvento.ADICAO_CARRINHO)])
_MICROS: Final = 1_000_000
_MINUTE_SECONDS: Final = MINUTE // timedelta(seconds=1)

EVENTS: Final = pa.schema(
    [
        ("id", pa.string()),
        ("chegada", pa.int64()),
        ("tipo", pa.string()),
        ("minuto", pa.int64()),
        ("id_produto", pa.string()),
        ("id_pedido", pa.string()),
        ("unidades", pa.int64()),
        ("receita", MONEY),  # holds every line: 1,000,000 units at 99,999,999.99
        ("id_usuario", pa.string()),
        ("atividade", pa.int64()),
    ]
)
"""Moments are Unix seconds: `chegada` when Kafka had the event, `atividade` when its customer was
active, `minuto` the beginning of the minute it is dated. What takes back a sale has negative units
and revenue, what is put into a cart has its units and value, and all else has none."""

PART_SCHEMA: Final = pa.schema(
    [("partition", pa.int32()), ("read_until", pa.int64()), ("events", pa.binary())]
)
"""One task's events of one partition; `read_until` is the latest `chegada` of its records."""


def gather(batches: Iterable[pa.RecordBatch], first_minute: int) -> Iterator[pa.RecordBatch]:
    """Valid events of PART_SCHEMA; those dated before `first_minute` are left out.

    The batches have rows, Kafka's columns and `agora`, the moment of the micro-batch. Yields
    nothing where a task read nothing.
    """
    found, partition, read_until = [], 0, 0
    for batch in batches:
        agora = batch.column("agora")[0].as_py()
        partition = batch.column("partition")[0].as_py()
        latest = pc.max(_arrivals(batch.column("timestamp"), agora)).as_py()
        read_until = max(read_until, latest)
        found.append(_recent(events(decode_eventos(batch).rows, agora), first_minute, agora))
    if found:
        part = [[partition], [read_until], [_to_bytes(pa.concat_tables(found))]]
        yield pa.record_batch(part, schema=PART_SCHEMA)


def read_parts(parts: Sequence[bytes]) -> pa.Table:
    """The events of some tasks, in their order."""
    return pa.concat_tables([pa.ipc.open_stream(part).read_all() for part in parts])


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _recent(found: pa.Table, first_minute: int, agora: datetime) -> pa.Table:
    oldest = int((agora - WINDOW).timestamp())
    first = max(first_minute, oldest - oldest % _MINUTE_SECONDS)
    is_recent = pc.greater_equal(found["minuto"], first)
    return found if pc.all(is_recent).as_py() else found.filter(is_recent)


def events(rows: pa.Table, agora: datetime) -> pa.Table:
    """Rows of `eventos_clientes` as EVENTS."""
    units = pc.multiply(pc.fill_null(rows["quantidade"].cast(pa.int64()), 1), _sign(rows))
    arrived = _arrivals(rows["recebido_em"], agora)
    columns = {
        "id": rows["id_evento"],
        "chegada": arrived,
        "tipo": rows["tipo_evento"],
        "minuto": _minutes(rows),
        "id_produto": rows["id_produto"],
        "id_pedido": rows["id_pedido"],
        "unidades": units,
        "receita": _revenue(units, rows["preco"]),
        "id_usuario": rows["id_usuario"],
        # A clock that is ahead makes nobody active for longer.
        "atividade": pc.min_element_wise(_seconds(rows["timestamp"]), arrived),
    }
    return pa.table([columns[name] for name in EVENTS.names], schema=EVENTS)


def _minutes(rows: pa.Table) -> pa.ChunkedArray:
    seconds = _seconds(rows["timestamp"])
    return pc.multiply(pc.divide(seconds, _MINUTE_SECONDS), _MINUTE_SECONDS)


def _seconds(moments: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    return pc.divide(moments.cast(pa.timestamp("us")).cast(pa.int64()), _MICROS)


def _arrivals(moments: pa.ChunkedArray | pa.Array, agora: datetime) -> pa.ChunkedArray | pa.Array:
    """When Kafka had them, and never later than now, as a broker's clock may say."""
    now = pa.scalar(int(agora.timestamp()), pa.int64())
    return pc.min_element_wise(_seconds(moments), now)


def _sign(rows: pa.Table) -> pa.ChunkedArray:
    one = pa.scalar(1, pa.int64())
    puts_in = pc.is_in(rows["tipo_evento"], value_set=_PUTS_IN)
    taken_back = pc.is_in(rows["tipo_evento"], value_set=_TAKES_BACK)
    return pc.if_else(puts_in, one, pc.if_else(taken_back, pc.negate(one), pc.subtract(one, one)))


def _revenue(units: pa.ChunkedArray, preco: pa.ChunkedArray) -> pa.ChunkedArray:
    """As decimals throughout: cents of a minute may exceed 64 bits."""
    lines = pc.multiply(units.cast(pa.decimal128(19, 0)), preco)
    return pc.if_else(pc.is_null(lines), pa.scalar(0).cast(pa.decimal128(21, 2)), lines).cast(MONEY)
