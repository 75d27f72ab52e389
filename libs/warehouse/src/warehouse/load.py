"""One batch into the tables: COPY, deduplicate, insert and account for it, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from event_contracts.names import QUERY_WAREHOUSE, TABLE_REJEITADOS
from service_runtime.failpoints import hit_failpoint
from warehouse import ledger, row_ages
from warehouse.connection import Warehouse
from warehouse.copy_statement import copy_parquet
from warehouse.feeds import feed_of
from warehouse.feeds.feed import NEW, STAGED, Bounds
from warehouse.ledger import CommitState, OffsetRange
from warehouse.ledger_row import LedgerRow
from warehouse.row_ages import RowAges
from warehouse.transaction import Transaction

_COUNTS: Final = f"SELECT kafka_partition, COUNT(*) FROM {NEW} GROUP BY kafka_partition"


@dataclass(frozen=True, slots=True)
class Slice:
    """What was read of one offset range: how many of its records are valid and how many dead."""

    range: OffsetRange
    n_valid: int
    n_dead: int


@dataclass(frozen=True, slots=True)
class StagedRecords:
    """The valid records of one topic on S3; their own moments lie within the bounds."""

    topic: str
    manifest: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class StagedBatch:
    """A batch on S3: a slice for each range, records of the topics that have any, dead letters; and
    the ages of its rows where they were counted."""

    slices: Sequence[Slice]
    records: Sequence[StagedRecords]
    dead_manifest: str | None
    ages: Sequence[RowAges] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the query's epoch, and the role with which the warehouse reads the staging."""

    epoch: int
    iam_role: str


def load_batch(
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
        done = ledger.positions(transaction, query=QUERY_WAREHOUSE)
        if ledger.commit_state((s.range for s in batch.slices), done) is CommitState.DONE:
            return []
        written: dict[tuple[str, int], int] = {}
        for records in batch.records:
            written |= _write_records(transaction, records, writer)
        if batch.dead_manifest:
            copy_parquet(
                transaction, TABLE_REJEITADOS, batch.dead_manifest, iam_role=writer.iam_role
            )
        rows = list(_account(batch.slices, written))
        ledger.append(transaction, rows, query=QUERY_WAREHOUSE, epoch=writer.epoch, now=now)
        row_ages.append(transaction, batch.ages)
        hit_failpoint("before_commit")
    hit_failpoint("after_commit")
    return rows


def _account(slices: Iterable[Slice], written: dict[tuple[str, int], int]) -> Iterable[LedgerRow]:
    for piece in slices:
        n_written = written.get((piece.range.topic, piece.range.partition), 0)
        yield ledger.row_of(
            piece.range,
            n_read=piece.n_valid + piece.n_dead,
            n_written=n_written,
            n_duplicate=piece.n_valid - n_written,
            n_dead=piece.n_dead,
        )


def _write_records(
    transaction: Transaction, records: StagedRecords, writer: Writer
) -> dict[tuple[str, int], int]:
    """Insert the records that are new; how many there were per topic and partition."""
    feed = feed_of(records.topic)
    transaction.execute(f"CREATE TEMP TABLE {STAGED} (LIKE {feed.table.name})")
    copy_parquet(transaction, STAGED, records.manifest, iam_role=writer.iam_role)
    hit_failpoint("after_copy")
    transaction.execute(f"CREATE TEMP TABLE {NEW} AS {feed.select_new(records.bounds)}")
    counts = transaction.rows(_COUNTS)
    columns = feed.table.column_list
    transaction.execute(f"INSERT INTO {feed.table.name} ({columns}) SELECT {columns} FROM {NEW}")
    feed.derive(transaction, records.bounds)
    hit_failpoint("after_insert")
    transaction.execute(f"DROP TABLE {STAGED}")
    transaction.execute(f"DROP TABLE {NEW}")
    return {(records.topic, int(partition)): int(count) for partition, count in counts}
