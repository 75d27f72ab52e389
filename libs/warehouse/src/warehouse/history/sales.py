"""Loads sales from files: COPY, then one transaction that merges them with all others."""

from datetime import datetime

from service_runtime.failpoints import hit_failpoint
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.history import cargas
from warehouse.history.days import rebuild_days
from warehouse.history.precedence import merge
from warehouse.history.staged import (
    STAGED_SALES,
    StagedSales,
    copy_staged,
    drop_staged,
)
from warehouse.history.versions import Carga, Tipo, plan


def load_sales(
    warehouse: Warehouse, batch: StagedSales, *, iam_role: str, timezone: str, now: datetime
) -> list[Carga]:
    """Load versions of files exactly once, however often and in whatever order this is called.

    Returns the rows that `cargas` then has for them. A version that is loaded already, and one
    that is older than what counts of its path, change no sale. The figures of every day whose
    sales change are computed anew, in the same transaction; `timezone` says which days. Raises
    TransientError when the warehouse is away: then call again with the same batch.
    """
    with warehouse.transaction() as transaction:
        counts = copy_staged(transaction, batch, STAGED_SALES, iam_role=iam_role)
        hit_failpoint("carga_after_copy")
    with warehouse.transaction() as transaction:
        ledger.lock(transaction)
        decided = plan(batch.versions, cargas.of_paths(transaction, batch.versions))
        cargas.record(transaction, decided, counts, tipo=Tipo.VENDAS, now=now)
        hit_failpoint("carga_after_record")
        days = merge(transaction, decided, timezone=timezone)
        hit_failpoint("carga_after_merge")
        rebuild_days(transaction, days, timezone=timezone)
        drop_staged(transaction, STAGED_SALES)
        rows = cargas.of_versions(transaction, batch.versions)
        hit_failpoint("carga_before_commit")
    hit_failpoint("carga_after_commit")
    return rows
