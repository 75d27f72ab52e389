"""Loads sales from files: COPY, then one transaction that merges them with all others."""

from datetime import datetime

from service_runtime.failpoints import hit_failpoint
from warehouse import ledger
from warehouse.connection import Transaction, Warehouse
from warehouse.history import cargas
from warehouse.history.days import rebuild_days
from warehouse.history.precedence import merge
from warehouse.history.staged import (
    STAGED_SALES,
    Counts,
    StagedSales,
    copy_staged,
    drop_staged,
)
from warehouse.history.versions import Carga, Plan, Situacao, Tipo, plan


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
        _record(transaction, decided, counts, now)
        hit_failpoint("carga_after_record")
        days = merge(transaction, decided, timezone=timezone)
        hit_failpoint("carga_after_merge")
        rebuild_days(transaction, days, timezone=timezone)
        drop_staged(transaction, STAGED_SALES)
        rows = cargas.of_versions(transaction, batch.versions)
        hit_failpoint("carga_before_commit")
    hit_failpoint("carga_after_commit")
    return rows


def _record(transaction: Transaction, decided: Plan, counts: Counts, now: datetime) -> None:
    """Write the rows of `cargas` before the sales, since the merge reads the order from them."""
    cargas.mark_replaced(transaction, decided.replaced)
    states = [(version, Situacao.CARREGADA) for version in decided.load]
    states += [(version, Situacao.SUBSTITUIDA) for version in decided.stale]
    rows = [
        cargas.row_of(
            version,
            tipo=Tipo.VENDAS,
            situacao=situacao,
            now=now,
            n_valid=counts.valid[version.id_carga],
            n_rejected=counts.rejected[version.id_carga],
        )
        for version, situacao in states
    ]
    cargas.put(transaction, rows)
