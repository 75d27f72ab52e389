"""Loads sales from files beside what the stream wrote."""

from datetime import datetime
from functools import partial

from warehouse.connection import Warehouse
from warehouse.history.file_load import Load
from warehouse.history.pending import mark_days
from warehouse.history.planned_copy import plan_copy
from warehouse.history.precedence import merge
from warehouse.history.staged import StagedSales
from warehouse.history.versions import Carga, Tipo
from warehouse.staging import StagingArea


def load_sales(
    warehouse: Warehouse,
    batch: StagedSales,
    *,
    area: StagingArea,
    iam_role: str,
    timezone: str,
    now: datetime,
) -> list[Carga]:
    """Load versions of files exactly once, however often and in whatever order this is called.

    Returns the rows that `cargas` then has for them. A version that is loaded already, and one
    that is older than what counts of its path, change no sale. Every day whose sales change, as
    `timezone` has the days, is marked in the same transaction, and `pending` computes its figures.
    Raises TransientError when the warehouse or S3 is away, and when another run loads versions of
    the same files at the same time: then call again with the same batch.
    """
    copy = plan_copy(warehouse, batch, area=area, iam_role=iam_role)
    load = Load(Tipo.VENDAS, partial(merge, copy=copy), mark_days, points="carga")
    return load.run(warehouse, batch, iam_role=iam_role, timezone=timezone, now=now)
