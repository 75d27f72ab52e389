"""Days whose figures do not say yet what `vendas` says.

A load marks the days that it changes, in its own transaction. Their figures are computed after the
loads, a month in a transaction, so each month once however many loads change it, and the stream
waits for a month at most. What a run that ends between leaves marked the next one computes.
"""

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from service_runtime.failpoints import hit_failpoint
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.history.day_spans import Span, months_of, within
from warehouse.history.days import rebuild_days
from warehouse.history.ready_figures import ReadyFigures
from warehouse.insertion import insert
from warehouse.tables import PENDENTES
from warehouse.transaction import Transaction

_FIRST: Final = f"SELECT MIN(dia) FROM {PENDENTES.name}"
_IN_MONTH: Final = f"FROM {PENDENTES.name} WHERE {{in_month}}"
_NONE: Final[Mapping[date, ReadyFigures]] = MappingProxyType({})


def mark_days(transaction: Transaction, days: Collection[date]) -> None:
    """Say that the lines of these days of the shop changed."""
    insert(transaction, PENDENTES, [(day,) for day in sorted(days)])


def compute_first_month(
    warehouse: Warehouse, *, timezone: str, ready: Mapping[date, ReadyFigures] = _NONE
) -> date | None:
    """Compute all figures of the first month with marked days, and take the marks away.

    Where figures of the month, by its first day, are `ready` and hold, these are written. Returns
    the month's first day, or None where no day is marked. Raises TransientError when the warehouse
    is away: then call again.
    """
    with warehouse.transaction() as transaction:
        ledger.lock(transaction)
        (first,) = transaction.row(_FIRST)
        if first is None:
            return None
        (month,) = months_of([first])
        _compute(transaction, month, ready.get(month[0]), timezone=timezone)
        hit_failpoint("figuras_before_commit")
    hit_failpoint("figuras_after_commit")
    return month[0]


def _compute(
    transaction: Transaction, month: Span, ready: ReadyFigures | None, *, timezone: str
) -> None:
    marked = _IN_MONTH.format(in_month=within("dia", [month]))
    if ready and ready.hold(transaction, month, timezone=timezone):
        ready.put(transaction, month)
    else:
        days = {row[0] for row in transaction.rows(f"SELECT DISTINCT dia {marked}")}
        rebuild_days(transaction, days, timezone=timezone)
    transaction.execute(f"DELETE {marked}")
