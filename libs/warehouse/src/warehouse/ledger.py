"""The ledger: which offset ranges are done, and which driver may write.

Decisions are pure functions over `OffsetRange` and positions; the few statements that read and
write the tables `ingestao` and `ingestao_epocas` stand below them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from service_runtime.errors import PermanentError
from warehouse.connection import Transaction
from warehouse.tables import INGESTAO

Positions = Mapping[tuple[str, int], int]
"""(topic, partition) -> the first offset that is not done."""


class FencedError(PermanentError):
    """A younger driver has raised the epoch: this one must stop and write nothing more."""


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


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What became of one offset range.

    `n_absent` offsets hold no record for a reader: markers of transactions, records that were
    aborted or compacted away.
    """

    range: OffsetRange
    n_read: int
    n_written: int
    n_duplicate: int
    n_dead: int

    def __post_init__(self) -> None:
        """Refuse a row whose figures do not add up: it must never reach the ledger."""
        outcomes = (self.n_written, self.n_duplicate, self.n_dead)
        if self.n_read != sum(outcomes) or min(*outcomes, self.n_absent) < 0:
            raise GapError(f"figures do not add up: {self}")

    @property
    def n_absent(self) -> int:
        """Offsets of the range at which nothing was read."""
        return len(self.range) - self.n_read


class Standing(Enum):
    """How a batch stands to the ledger."""

    NEW = "new"
    DONE = "done"


def standing(ranges: Iterable[OffsetRange], done: Positions) -> Standing:
    """Whether a batch is to be written or is written already.

    A partition that the ledger does not know may begin anywhere: Kafka may have dropped its
    first records before anyone read them. Raises GapError where a range neither continues the
    ledger nor lies wholly behind it, or where some ranges are done and others not.
    """
    found = {_range_standing(r, done.get((r.topic, r.partition), r.off_from)) for r in ranges}
    if len(found) > 1:
        raise GapError("a batch is half done, though batches commit as a whole")
    return found.pop() if found else Standing.DONE


def _range_standing(offered: OffsetRange, done_to: int) -> Standing:
    if offered.off_from == done_to:
        return Standing.NEW
    if offered.off_to <= done_to:
        return Standing.DONE
    raise GapError(f"{offered} does not continue the ledger, which is done to {done_to}")


def positions(transaction: Transaction, *, query: str) -> dict[tuple[str, int], int]:
    """Where to go on, per topic and partition that the ledger knows."""
    rows = transaction.rows(
        'SELECT topic, "partition", MAX(off_to) FROM ingestao '
        'WHERE query = %s GROUP BY topic, "partition"',
        (query,),
    )
    return {(str(topic), int(partition)): int(off_to) for topic, partition, off_to in rows}


def raise_epoch(transaction: Transaction, *, query: str, now: datetime) -> int:
    """Become the one driver that may write; whoever held a lower epoch is refused from now on.

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
    """Let one writer in at a time.

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
        span = row.range
        transaction.execute(
            _INSERT,
            (
                query,
                epoch,
                span.topic,
                span.partition,
                span.off_from,
                span.off_to,
                row.n_read,
                row.n_absent,
                row.n_written,
                row.n_duplicate,
                row.n_dead,
                _naive(now),
            ),
        )


def _naive(moment: datetime) -> datetime:
    """TIMESTAMP columns hold UTC without saying so."""
    return moment.replace(tzinfo=None)
