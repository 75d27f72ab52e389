"""Has tasks compute the figures of the months that a run alone has lines of."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import pyarrow as pa

from batch_etl.figures_task import FIGURES_OUTCOMES, stage_figures
from batch_etl.month_figures import (
    FiguresOutcome,
    MonthFigures,
    MonthFiles,
    files_by_month,
    put_together,
)
from batch_etl.outcomes import ReadFile
from batch_etl.settings import Settings
from batch_etl.tasks import run_tasks
from spark_runtime.session import LazySession
from warehouse.connection import Warehouse
from warehouse.history.ready_figures import Catalogue, ReadyFigures, catalogue, has_other_lines
from warehouse.staging import StagingArea
from warehouse.transaction import Transaction

logger = logging.getLogger(__name__)

_CATEGORIES: Final = "SELECT id_produto, categoria FROM produtos"
_COLUMNS: Final = pa.schema([("id_produto", pa.string()), ("categoria", pa.string())])
_AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True)
class ReadyMonths:
    """Where the figures are computed and staged."""

    spark: LazySession
    settings: Settings
    warehouse: Warehouse
    area: StagingArea
    folder: str

    def compute(self, read: Sequence[ReadFile]) -> Mapping[date, ReadyFigures]:
        """The figures of months by their first days, of the sales of these files alone.

        Months of which `vendas` has other lines are left out: their figures are a sum over all.
        """
        loads = {each.version.id_carga for each in read if each.dated}
        dated = (file for each in read for file in each.dated)
        months = files_by_month(dated, timezone=self.settings.shop_timezone)
        with self.warehouse.transaction() as transaction:
            alone = [month for month in months if not self._others(transaction, month, loads)]
            if not alone:
                return {}
            held, categories = catalogue(transaction), _categories(transaction)
        figures = self._computed(alone, categories)
        logger.info("figures computed by tasks", extra={"months": len(figures)})
        return {each.month: self._ready(each, held) for each in figures}

    def _others(self, transaction: Transaction, month: MonthFiles, loads: Collection[int]) -> bool:
        span = (month.month.first, month.month.last)
        return has_other_lines(transaction, span, loads, timezone=self.settings.shop_timezone)

    def _computed(self, months: Sequence[MonthFiles], categories: pa.Table) -> list[MonthFigures]:
        task = partial(
            stage_figures,
            months=months,
            categories=categories,
            places=self.settings.places,
            folder=self.folder,
            rules=self.settings.rules(),
        )
        rows = run_tasks(self.spark.get(), task, len(months), FIGURES_OUTCOMES)
        return put_together(months, [FiguresOutcome(**row) for row in rows])

    def _ready(self, figures: MonthFigures, held: Catalogue) -> ReadyFigures:
        manifests = {
            table: self.area.write_manifest(files, f"{self.folder}/{figures.month}-{table}").url
            for table, files in figures.tables.items()
        }
        role = self.settings.warehouse_iam_role
        return ReadyFigures(figures.lines, manifests, held, role)


def _categories(transaction: Transaction) -> pa.Table:
    rows = [row for batch in transaction.batches(_CATEGORIES, _AT_ONCE) for row in batch]
    columns = zip(*rows, strict=True) if rows else ((), ())
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, schema=_COLUMNS)
