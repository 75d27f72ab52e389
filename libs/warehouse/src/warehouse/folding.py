"""Folds old ledger rows into one per topic, partition and day, so that the ledger stays small.

A folded row is the sum of its rows, so readers of the ledger see no difference. Rows that
contradict each other stay as they are, so that the audit finds them. The rows of the day of the
newest row are never folded, so of these each tells when it was committed.

The same run deletes the ages of rows that were counted before yesterday. Those of yesterday stay
for a reader that could not reach the warehouse at midnight.
"""

from datetime import date, timedelta
from typing import Final

from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.tables import INGESTAO
from warehouse.transaction import Transaction

_DAYS: Final = """
CREATE TEMP TABLE dias_dobrados AS
SELECT query, MAX(epoch) AS epoch, topic, "partition",
    MIN(off_from) AS off_from, MAX(off_to) AS off_to,
    CAST(SUM(n_read) AS BIGINT) AS n_read, CAST(SUM(n_absent) AS BIGINT) AS n_absent,
    CAST(SUM(n_written) AS BIGINT) AS n_written,
    CAST(SUM(n_duplicate) AS BIGINT) AS n_duplicate, CAST(SUM(n_dead) AS BIGINT) AS n_dead,
    MAX(committed_at) AS committed_at
FROM ingestao WHERE committed_at < '{today} 00:00:00'
    AND committed_at < (SELECT DATE_TRUNC('day', MAX(committed_at)) FROM ingestao)
GROUP BY query, topic, "partition", CAST(committed_at AS DATE)
HAVING COUNT(*) > 1
    AND SUM(off_to - off_from) = MAX(off_to) - MIN(off_from)
    AND MAX(ABS(n_read - n_written - n_duplicate - n_dead)) = 0
    AND MAX(ABS(n_read + n_absent - off_to + off_from)) = 0
"""
_REMOVE: Final = """
DELETE FROM ingestao USING dias_dobrados
WHERE ingestao.query = dias_dobrados.query AND ingestao.topic = dias_dobrados.topic
    AND ingestao."partition" = dias_dobrados."partition"
    AND ingestao.off_from >= dias_dobrados.off_from AND ingestao.off_to <= dias_dobrados.off_to
"""
_INSERT: Final = (
    f"INSERT INTO ingestao ({INGESTAO.column_list}) "
    f"SELECT {INGESTAO.column_list} FROM dias_dobrados"
)
_FORGET_AGES: Final = "DELETE FROM ingestao_idades WHERE contado_em < '{yesterday} 00:00:00'"


def fold_ledger(warehouse: Warehouse, *, query: str, epoch: int, today: date) -> int:
    """Fold the days before `today`, in UTC; returns how many rows fewer the ledger has.

    Raises FencedError when another driver took over, TransientError when the warehouse is away.
    """
    with warehouse.transaction() as transaction:
        ledger.lock(transaction)
        ledger.hold_epoch(transaction, query=query, epoch=epoch)
        return fold(transaction, today=today)


def fold(transaction: Transaction, *, today: date) -> int:
    """`fold_ledger` within a transaction that holds the lock of the ledger."""
    transaction.execute(_DAYS.format(today=today.isoformat()))
    removed = transaction.execute(_REMOVE)
    inserted = transaction.execute(_INSERT)
    transaction.execute("DROP TABLE dias_dobrados")
    transaction.execute(_FORGET_AGES.format(yesterday=(today - timedelta(days=1)).isoformat()))
    return removed - inserted
