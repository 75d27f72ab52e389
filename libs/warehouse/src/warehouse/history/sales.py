"""Loads sales from files beside what the stream wrote."""

from datetime import datetime
from typing import Final

from warehouse.connection import Warehouse
from warehouse.history.file_load import Load
from warehouse.history.pending import mark_days
from warehouse.history.precedence import merge
from warehouse.history.staged import STAGED_SALES, StagedSales
from warehouse.history.versions import Carga, Tipo

_LOAD: Final = Load(Tipo.VENDAS, STAGED_SALES, merge, mark_days, points="carga")


def load_sales(
    warehouse: Warehouse, batch: StagedSales, *, iam_role: str, timezone: str, now: datetime
) -> list[Carga]:
    """Load versions of files exactly once, however often and in whatever order this is called.

    Returns the rows that `cargas` then has for them. A version that is loaded already, and one
    that is older than what counts of its path, change no sale. Every day whose sales change, as
    `timezone` has the days, is marked in the same transaction, and `pending` computes its figures.
    Raises TransientError when the warehouse is away: then call again with the same batch.
    """
    return _LOAD.run(warehouse, batch, iam_role=iam_role, timezone=timezone, now=now)
