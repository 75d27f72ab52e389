"""The ledger: which offset ranges are done, and which driver may write.

Decisions are pure functions over `OffsetRange` and positions; the few statements that read and
write the tables `ingestao` and `ingestao_epocas` stand below them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from service_runtime.errors import PermanentError
from warehouse.ledger_row import LedgerRow
from warehouse.tables import INGESTAO
from warehouse.transaction import Transaction

Positions = Mapping[tuple[str, int], int]
"""(topic, partition) -> the first offset that is not done."""


class FencedError(PermanentError):
    """A newer driver has raised the epoch: this one must stop and write nothing more."""


class GapError(PermanentError):
    """The offsets offered do not continue the ledger; begin again from the ledger."""


@dataclass(frozen=True, slots=True, order=True)
class OffsetRange:
    """The offsets `off_from <= offset < off_to` of one partition of a topic."""

    topic: str
    partition: int
    off_from: int
    off_to: int

    def __len__(self) -> int:
        return self.off_to - self.off_from


def row_of(
    span: OffsetRange, *, n_read: int, n_written: int, n_duplicate: int, n_dead: int
) -> LedgerRow:
    """What became of a range; offsets at which nothing was read are absent.

    Raises GapError where the figures do not add up: such a row must never reach the ledger.
    """
    row = LedgerRow(
        span.topic,
        span.partition,
        span.off_from,
        span.off_to,
        n_read=n_read,
        n_absent=len(span) - n_read,
        n_written=n_written,
        n_duplicate=n_duplicate,
        n_dead=n_dead,
    )
    if not row.is_exact:
        raise GapError(f"figures do not add up: {row}")
    return row


class CommitState(Enum):
    """Whether the ledger has a batch already."""

    NEW = "new"
    DONE = "done"


def commit_state(ranges: Iterable[OffsetRange], done: Positions) -> CommitState:
    """Whether a batch must be written (NEW) or is written already (DONE).

    A partition that the ledger does not know may begin anywhere: Kafka may have dropped its
    first records before anyone read them. Raises GapError if a range neither continues the
    ledger nor is wholly done, or if some ranges are done and others are not.
    """
    found = {_range_state(r, done.get((r.topic, r.partition), r.off_from)) for r in ranges}
    if len(found) > 1:
        raise GapError("a batch is half done, though batches commit as a whole")
    return found.pop() if found else CommitState.DONE


def _range_state(offered: OffsetRange, done_to: int) -> CommitState:
    if offered.off_from == done_to:
        return CommitState.NEW
    if offered.off_to <= done_to:
        return CommitState.DONE
    raise GapError(f"{offered} does not continue the ledger, which is done to {done_to}")


def positions(transaction: Transaction, *, query: str) -> dict[tuple[str, int], int]:
    """The first offset that is not done, of each topic and partition that the ledger has."""
    rows = transaction.rows(
        'SELECT topic, "partition", MAX(off_to) FROM ingestao '
        'WHERE query = %s GROUP BY topic, "partition"',
        (query,),
    )
    return {(str(topic), int(partition)): int(off_to) for topic, partition, off_to in rows}


def raise_epoch(transaction: Transaction, *, query: str, now: datetime) -> int:
    """Become the one driver that may write; drivers with a lower epoch are refused from now on.

    Only the highest epoch is kept, so that restarts leave nothing behind.
    """
    lock(transaction)
    epoch = _highest_epoch(transaction, query) + 1
    transaction.execute("DELETE FROM ingestao_epocas WHERE query = %s", (query,))
    transaction.execute(
        "INSERT INTO ingestao_epocas (query, epoch, started_at) VALUES (%s, %s, %s)",
        (query, epoch, _naive(now)),
    )
    return epoch


def lock(transaction: Transaction) -> None:
    """Take the lock that one writer at a time can have.

    Must be the first statement: LOCK takes no snapshot, so what is read after it is the newest
    committed state, on Redshift as on PostgreSQL. Readers of the ledger never wait, since the
    lock is on the table of epochs alone.
    """
    transaction.execute("LOCK TABLE ingestao_epocas")


def hold_epoch(transaction: Transaction, *, query: str, epoch: int) -> None:
    """Raise FencedError unless `epoch` is still the highest; call it after `lock`."""
    highest = _highest_epoch(transaction, query)
    if highest != epoch:
        raise FencedError(f"epoch {epoch} of {query} was superseded by epoch {highest}")


def _highest_epoch(transaction: Transaction, query: str) -> int:
    statement = "SELECT COALESCE(MAX(epoch), 0) FROM ingestao_epocas WHERE query = %s"
    return int(transaction.row(statement, (query,))[0])


_INSERT: Final = (
    f"INSERT INTO ingestao ({INGESTAO.column_list}) "
    f"VALUES ({', '.join(['%s'] * len(INGESTAO.columns))})"
)


def append(
    transaction: Transaction, rows: Iterable[LedgerRow], *, query: str, epoch: int, now: datetime
) -> None:
    """Write what became of each range of a batch."""
    for row in rows:
        transaction.execute(_INSERT, (query, epoch, *astuple(row), _naive(now)))


def _naive(moment: datetime) -> datetime:
    """The moment for a TIMESTAMP column, which holds UTC without a time zone."""
    return moment.replace(tzinfo=None)
