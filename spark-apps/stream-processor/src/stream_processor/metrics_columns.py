"""What runs in Spark's Python workers for the live figures: a batch of records into columns."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.types import from_arrow_schema

from event_contracts.live_figures import WINDOW
from stream_processor.feeds.eventos import decode_eventos
from stream_processor.metrics import MINUTE, Kind
from stream_processor.worker import freeze_imports

_BOUGHT: Final = "compra"
_TAKEN_BACK: Final = pa.array(["devolucao", "cancelamento"])
_VIEWED: Final = "clique"
_MICROS: Final = 1_000_000
_MONEY: Final = pa.decimal128(18, 2)
"""Holds every line: 1,000,000 units at 99,999,999.99."""

_COLUMNS: Final = pa.schema(
    [
        ("id", pa.string()),
        ("chegada", pa.timestamp("us", tz="UTC")),
        ("tipo", pa.string()),
        ("minuto", pa.int64()),
        ("chave", pa.string()),
        ("n", pa.int64()),
        ("unidades", pa.int64()),
        ("receita", _MONEY),
        ("id_usuario", pa.string()),
        ("atividade", pa.int64()),
    ]
)
COLUMNS_SCHEMA: Final = from_arrow_schema(_COLUMNS)


def gather(batches: Iterable[pa.RecordBatch], first_minute: int) -> Iterator[pa.RecordBatch]:
    """Valid events as columns; those dated before `first_minute` are left out.

    The batches carry Kafka's columns and `agora`, the moment of the micro-batch.
    """
    freeze_imports()
    for batch in batches:
        if batch.num_rows:
            agora = batch.column("agora")[0].as_py()
            rows = _recent(columns_of(batch), first_minute, agora)
            yield from events(rows, agora).to_batches()
            yield from orders(rows, agora).to_batches()


def columns_of(batch: pa.RecordBatch) -> pa.Table:
    """The valid events of a batch of records, with the columns of EVENTS_SCHEMA."""
    return decode_eventos(batch).rows


def _recent(rows: pa.Table, first_minute: int, agora: datetime) -> pa.Table:
    oldest = int((agora - WINDOW).timestamp())
    first = max(first_minute, oldest - oldest % MINUTE)
    return rows.filter(pc.greater_equal(_minutes(rows), first))


def events(rows: pa.Table, agora: datetime) -> pa.Table:
    """One row for each event: what it adds to its minute, and that its customer was active."""
    clicks = pc.equal(rows["tipo_evento"], _VIEWED)
    sign = _sign(rows)
    sales = pc.not_equal(sign, 0)
    units = pc.multiply(pc.fill_null(rows["quantidade"].cast(pa.int64()), 0), sign)
    kinds = pc.if_else(sales, Kind.SALES.value, pc.if_else(clicks, Kind.VIEWS.value, None))
    return _table(
        agora,
        id=rows["id_evento"],
        tipo=kinds.cast(pa.string()),
        minuto=_minutes(rows),
        chave=pc.if_else(clicks, rows["id_produto"], ""),
        n=clicks.cast(pa.int64()),
        unidades=units,
        receita=_revenue(units, rows["preco"]),
        id_usuario=rows["id_usuario"],
        atividade=_activity(rows, agora),
    )


def orders(rows: pa.Table, agora: datetime) -> pa.Table:
    """One row for each purchase, named after its order: the first of an order counts it."""
    bought = rows.filter(pc.equal(rows["tipo_evento"], _BOUGHT))
    size = bought.num_rows
    return _table(
        agora,
        id=pc.binary_join_element_wise("pedido", bought["id_pedido"], "/"),
        tipo=pa.repeat(Kind.SALES.value, size),
        minuto=_minutes(bought),
        chave=pa.repeat("", size),
        n=pa.repeat(pa.scalar(1, pa.int64()), size),
        unidades=pa.repeat(pa.scalar(0, pa.int64()), size),
        receita=pa.repeat(pa.scalar(0, pa.int64()), size).cast(pa.decimal128(21, 2)).cast(_MONEY),
        id_usuario=pa.nulls(size, pa.string()),
        atividade=pa.nulls(size, pa.int64()),
    )


def _table(agora: datetime, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    size = len(columns["id"])
    columns["chegada"] = pa.repeat(pa.scalar(agora, _COLUMNS.field("chegada").type), size)
    return pa.table([columns[name] for name in _COLUMNS.names], schema=_COLUMNS)


def _minutes(rows: pa.Table) -> pa.ChunkedArray:
    seconds = _seconds(rows["timestamp"])
    return pc.multiply(pc.divide(seconds, MINUTE), MINUTE)


def _seconds(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.divide(moments.cast(pa.int64()), _MICROS)


def _activity(rows: pa.Table, agora: datetime) -> pa.ChunkedArray:
    """A clock that is ahead, the customer's or the producer's, makes nobody active for longer."""
    claimed, arrived = _seconds(rows["timestamp"]), _seconds(rows["recebido_em"])
    return pc.min_element_wise(claimed, arrived, pa.scalar(int(agora.timestamp()), pa.int64()))


def _sign(rows: pa.Table) -> pa.ChunkedArray:
    one = pa.scalar(1, pa.int64())
    bought = pc.equal(rows["tipo_evento"], _BOUGHT)
    taken_back = pc.is_in(rows["tipo_evento"], value_set=_TAKEN_BACK)
    return pc.if_else(bought, one, pc.if_else(taken_back, pc.negate(one), pc.subtract(one, one)))


def _revenue(units: pa.ChunkedArray, preco: pa.ChunkedArray) -> pa.ChunkedArray:
    """As decimals throughout: cents of a minute may exceed 64 bits."""
    lines = pc.multiply(units.cast(pa.decimal128(19, 0)), preco)
    return pc.if_else(pc.is_null(lines), pa.scalar(0).cast(pa.decimal128(21, 2)), lines).cast(
        _MONEY
    )
