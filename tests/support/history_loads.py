"""Loads of sales from files, and the figures of the days that they mark."""

from collections.abc import Mapping
from datetime import date

from tests.support.sales_history import TIMEZONE
from tests.support.warehouse_store import NOW, Store

from warehouse.history.pending import compute_first_month
from warehouse.history.ready_figures import ReadyFigures
from warehouse.history.sales import load_sales
from warehouse.history.staged import StagedSales
from warehouse.history.versions import Carga


def load_staged(store: Store, batch: StagedSales, *, timezone: str = TIMEZONE) -> list[Carga]:
    """As `load_sales`, now."""
    return load_sales(
        store.warehouse, batch, area=store.area, iam_role="default", timezone=timezone, now=NOW
    )


def compute_figures(
    store: Store, *, timezone: str = TIMEZONE, ready: Mapping[date, ReadyFigures] | None = None
) -> None:
    """Of all months with marked days."""
    while compute_first_month(store.warehouse, timezone=timezone, ready=ready or {}):
        pass
