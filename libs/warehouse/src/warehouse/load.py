"""One batch into the tables: COPY, deduplicate, insert and account for it, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.failpoints import reach
from warehouse import ledger
from warehouse.connection import Transaction, Warehouse
from warehouse.ledger import GapError, LedgerRow, OffsetRange, Standing

DEDUPLICATION_RANGE: Final = timedelta(days=7)
"""A repeat is looked for among events dated this much before and after the batch's own."""

_COLUMNS: Final = (
    'id_usuario, tipo_evento, id_produto, "timestamp", id_evento, id_pedido, quantidade, preco, '
    "id_sessao, versao, kafka_partition, kafka_offset, recebido_em"
)

_NEW_EVENTS: Final = f"""
CREATE TEMP TABLE lote_novos AS
SELECT {_COLUMNS} FROM (
    SELECT {_COLUMNS}, ROW_NUMBER() OVER (
        PARTITION BY id_evento ORDER BY kafka_partition, kafka_offset
    ) AS vez
    FROM lote_eventos
) AS lote
WHERE vez = 1 AND NOT EXISTS (
    SELECT 1 FROM eventos_clientes AS gravado
    WHERE gravado.id_evento = lote.id_evento AND gravado."timestamp" BETWEEN %s AND %s
)
"""

_INSERT_EVENTS: Final = (
    f"INSERT INTO eventos_clientes ({_COLUMNS}) SELECT {_COLUMNS} FROM lote_novos"
)

_INSERT_SALES: Final = """
INSERT INTO vendas (
    id_pedido, id_produto, quantidade, preco, data,
    id_usuario, id_evento, kafka_partition, kafka_offset
)
SELECT id_pedido, id_produto, quantidade, preco, "timestamp",
    id_usuario, id_evento, kafka_partition, kafka_offset
FROM lote_novos WHERE tipo_evento = 'compra'
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """What was read of one partition: its offsets and how many of its records are valid."""

    range: OffsetRange
    n_valid: int
    n_dead: int


@dataclass(frozen=True, slots=True)
class StagedEvents:
    """The valid events of a batch on S3; their own timestamps lie within the bounds, in UTC."""

    manifest: str
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """A batch on S3; None where there is nothing of the kind."""

    slices: Sequence[Slice]
    events: StagedEvents | None
    dead_manifest: str | None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the query's epoch, and the role with which the warehouse reads the staging."""

    epoch: int
    iam_role: str


def load_events(
    warehouse: Warehouse, batch: StagedBatch, *, writer: Writer, now: datetime
) -> list[LedgerRow]:
    """Write a batch exactly once, however often this is called with it.

    Returns its ledger rows, or none where the ledger shows the batch as done. Raises FencedError
    when another driver took over, GapError when the batch does not continue the ledger,
    TransientError when the warehouse is away: then call again with the same batch.
    """
    with warehouse.transaction() as transaction:
        ledger.lock(transaction)
        ledger.hold_epoch(transaction, query=QUERY_WAREHOUSE, epoch=writer.epoch)
        done = ledger.positions(transaction, query=QUERY_WAREHOUSE, topic=TOPIC_EVENTOS)
        slices = merge(batch.slices)
        if ledger.standing((s.range for s in slices), done) is Standing.DONE:
            return []
        written = _write_events(transaction, batch.events, writer) if batch.events else {}
        if batch.dead_manifest:
            _copy(transaction, "eventos_rejeitados", batch.dead_manifest, writer)
        rows = [_account(piece, written.get(piece.range.partition, 0)) for piece in slices]
        ledger.append(
            transaction,
            rows,
            query=QUERY_WAREHOUSE,
            epoch=writer.epoch,
            topic=TOPIC_EVENTOS,
            now=now,
        )
        reach("before_commit")
    reach("after_commit")
    return rows


def merge(slices: Iterable[Slice]) -> list[Slice]:
    """One slice per partition, where Spark read a partition in several tasks.

    Raises GapError unless the slices of a partition follow one another.
    """
    merged: dict[int, Slice] = {}
    for piece in sorted(slices, key=lambda s: (s.range.partition, s.range.off_from)):
        before = merged.get(piece.range.partition)
        merged[piece.range.partition] = _joined(before, piece) if before else piece
    return list(merged.values())


def _joined(before: Slice, after: Slice) -> Slice:
    if before.range.off_to != after.range.off_from:
        raise GapError(f"{after.range} does not follow {before.range}")
    span = OffsetRange(before.range.partition, before.range.off_from, after.range.off_to)
    return Slice(span, before.n_valid + after.n_valid, before.n_dead + after.n_dead)


def _account(piece: Slice, n_written: int) -> LedgerRow:
    return LedgerRow(
        range=piece.range,
        n_read=piece.n_valid + piece.n_dead,
        n_written=n_written,
        n_duplicate=piece.n_valid - n_written,
        n_dead=piece.n_dead,
    )


def _write_events(transaction: Transaction, events: StagedEvents, writer: Writer) -> dict[int, int]:
    """Insert the events that are new; how many there were per partition."""
    transaction.execute("CREATE TEMP TABLE lote_eventos (LIKE eventos_clientes)")
    _copy(transaction, "lote_eventos", events.manifest, writer)
    reach("after_copy")
    bounds = (events.oldest - DEDUPLICATION_RANGE, events.newest + DEDUPLICATION_RANGE)
    transaction.execute(_NEW_EVENTS, bounds)
    counts = transaction.rows(
        "SELECT kafka_partition, COUNT(*) FROM lote_novos GROUP BY kafka_partition"
    )
    transaction.execute(_INSERT_EVENTS)
    transaction.execute(_INSERT_SALES)
    reach("after_insert")
    transaction.execute("DROP TABLE lote_eventos")
    transaction.execute("DROP TABLE lote_novos")
    return {int(partition): int(count) for partition, count in counts}


def _copy(transaction: Transaction, table: str, manifest: str, writer: Writer) -> None:
    """COPY takes no parameters; all three parts are our own and hold no quote."""
    role = "default" if writer.iam_role == "default" else f"'{writer.iam_role}'"
    transaction.execute(
        f"COPY {table} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST"
    )
