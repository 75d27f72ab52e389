"""Loads what is new or changed in an interval: list, stage by Spark, load in bounded pieces.

Where there is no file to read, Spark is not started.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import uuid4

from batch_etl.file_task import OUTCOMES, stage_groups
from batch_etl.groups import grouped
from batch_etl.intervals import Interval
from batch_etl.object_source import ObjectSource
from batch_etl.outcomes import BadFile, Outcome, ReadFile, loads_of, sorted_out
from batch_etl.ready_months import ReadyMonths
from batch_etl.settings import Settings
from batch_etl.source_files import Kind, SourceFile
from batch_etl.tasks import run_tasks
from service_runtime.errors import PermanentError, TransientError
from service_runtime.failpoints import hit_failpoint
from service_runtime.retry import wait_and_retry
from spark_runtime.session import LazySession
from warehouse.connection import Warehouse
from warehouse.history.cargas import loaded_versions, set_aside
from warehouse.history.days import days_with_stream
from warehouse.history.pending import compute_first_month, mark_days
from warehouse.history.products import load_products
from warehouse.history.sales import load_sales
from warehouse.history.staged import StagedProducts, StagedSales
from warehouse.history.versions import Carga, Tipo
from warehouse.staging import StagedFile, StagingArea

logger = logging.getLogger(__name__)

_GROUP_BYTES: Final = 64 * 1024 * 1024
"""Files of one task at most; of less there are as many tasks as may run at once."""
_PIECE_ROWS: Final = 1_000_000
"""Rows of one load, during which the stream waits."""
_PATIENCE_SECONDS: Final = 300.0
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Etl:
    """Everything that a run works with."""

    spark: LazySession
    settings: Settings
    warehouse: Warehouse
    ignore_bad: bool = False
    """Set files aside that cannot be read, in place of an end with nothing loaded."""

    def load(self, interval: Interval, *, every_day: bool = False) -> None:
        """Load the interval, and compute its days with lines of the stream anew, or `every_day`.

        Whatever was loaded before stays as it is, so a run that was killed is simply run again.
        Raises PermanentError where a file cannot be read, and then loads nothing;
        TransientError while a store is away for longer than five minutes.
        """
        with self._staging() as (area, folder):
            read = self._load(self._new_files(interval), area, folder)
            hit_failpoint("etl_before_days")
            self._mark(interval, every_day=every_day)
            self._compute_figures(read, area, folder)
        logger.info("interval done", extra={"de": interval.first, "ate": interval.last})

    def load_files(self, files: Sequence[SourceFile]) -> None:
        """Load these versions of files alone; as `load`."""
        with self._staging() as (area, folder):
            read = self._load(files, area, folder)
            self._compute_figures(read, area, folder)

    @contextmanager
    def _staging(self) -> Iterator[tuple[StagingArea, str]]:
        """The staging area, and a folder in it for this run alone."""
        area, folder = StagingArea(self.settings), f"etl-{uuid4()}"
        try:
            yield area, folder
        finally:
            _remove(area, folder)

    def _load(
        self, files: Sequence[SourceFile], area: StagingArea, folder: str
    ) -> Sequence[ReadFile]:
        """Stage and load files; returns those that could be read."""
        if not files:
            return []
        for attempt in wait_and_retry("staging", timeout=_PATIENCE_SECONDS):
            with attempt:
                read, bad = self._staged(files, folder)
        hit_failpoint("etl_after_staging")
        self._set_aside(bad)
        self._load_pieces(read, area, folder)
        return read

    def _new_files(self, interval: Interval) -> list[SourceFile]:
        """The files that were written after they were loaded, even with the same bytes."""
        source = ObjectSource(self.settings.history_url, self.settings)
        for attempt in wait_and_retry("listing", timeout=_PATIENCE_SECONDS):
            with attempt:
                files = source.files(interval)
                with self.warehouse.transaction() as transaction:
                    loaded = loaded_versions(transaction)
        new = [
            file for file in files if file.modified_at > loaded.get((file.path, file.etag), _NEVER)
        ]
        size = sum(file.size for file in new)
        logger.info("files listed", extra={"files": len(files), "new": len(new), "bytes": size})
        return new

    def _staged(
        self, files: Sequence[SourceFile], folder: str
    ) -> tuple[list[ReadFile], list[BadFile]]:
        session = self.spark.get()
        shared = sum(file.size for file in files) // session.sparkContext.defaultParallelism
        most = min(shared, _GROUP_BYTES)
        groups = list(grouped(files, lambda file: file.size, at_most=most))
        task = partial(
            stage_groups,
            groups=groups,
            places=self.settings.places,
            folder=folder,
            rules=self.settings.rules(),
        )
        rows = run_tasks(session, task, len(groups), OUTCOMES)
        outcomes = [Outcome(**row) for row in rows]
        for path in (each.path for each in outcomes if each.changed):
            logger.warning("file changed meanwhile: the next run reads it", extra={"file": path})
        return sorted_out(files, outcomes)

    def _set_aside(self, bad: Sequence[BadFile]) -> None:
        if bad and not self.ignore_bad:
            said = "; ".join(f"{each.file.path}: {each.problem}" for each in bad)
            raise PermanentError(f"nothing was loaded, since {len(bad)} cannot be read: {said}")
        for each in bad:
            logger.warning("file set aside", extra={"file": each.file.path, "why": each.problem})
            set_aside(
                self.warehouse,
                each.version,
                tipo=Tipo(each.file.kind),
                erro=each.problem,
                now=datetime.now(UTC),
            )

    def _load_pieces(self, read: Sequence[ReadFile], area: StagingArea, folder: str) -> None:
        done = 0
        for number, (kind, piece) in enumerate(loads_of(read, most_rows=_PIECE_ROWS)):
            for attempt in wait_and_retry("load", timeout=_PATIENCE_SECONDS):
                with attempt:
                    rows = self._load_piece(kind, piece, area, f"{folder}/{number}")
            hit_failpoint("etl_between_pieces")
            done += len(piece)
            logger.info("files loaded", extra=_summary(rows) | {"done": done, "of": len(read)})

    def _load_piece(
        self, kind: Kind, piece: Sequence[ReadFile], area: StagingArea, name: str
    ) -> list[Carga]:
        told = {
            "iam_role": self.settings.warehouse_iam_role,
            "timezone": self.settings.shop_timezone,
        }
        versions = [each.version for each in piece]
        rejected = [file for each in piece for file in each.rejected]
        rejected_manifest = _manifest(area, rejected, f"{name}-rejeitadas.manifest")
        now = datetime.now(UTC)
        if kind == "produtos":
            valid = [file for each in piece for file in each.valid]
            products = StagedProducts(
                versions=versions,
                rejected_manifest=rejected_manifest,
                manifest=_manifest(area, valid, f"{name}.manifest"),
            )
            return load_products(self.warehouse, products, now=now, **told)
        sales = StagedSales(
            versions=versions,
            rejected_manifest=rejected_manifest,
            lines={each.version.id_carga: each.valid for each in piece},
            folder=name,
        )
        return load_sales(self.warehouse, sales, area=area, now=now, **told)

    def _mark(self, interval: Interval, *, every_day: bool) -> None:
        """A day that is not over has no figures."""
        today, zone = self.settings.today(), self.settings.shop_timezone
        over = [day for day in interval.days if day < today]
        for attempt in wait_and_retry("days", timeout=_PATIENCE_SECONDS):
            with attempt, self.warehouse.transaction() as transaction:
                days = over if every_day else days_with_stream(transaction, over, timezone=zone)
                mark_days(transaction, days)

    def _compute_figures(self, read: Sequence[ReadFile], area: StagingArea, folder: str) -> None:
        """Compute the figures of every marked day, also of those that another run marked."""
        months = ReadyMonths(self.spark, self.settings, self.warehouse, area, folder)
        for attempt in wait_and_retry("figures of files", timeout=_PATIENCE_SECONDS):
            with attempt:
                ready = months.compute(read)
        zone = self.settings.shop_timezone
        while True:
            for attempt in wait_and_retry("figures", timeout=_PATIENCE_SECONDS):
                with attempt:
                    month = compute_first_month(self.warehouse, timezone=zone, ready=ready)
            if month is None:
                return
            logger.info("figures computed", extra={"month": month})


def _remove(area: StagingArea, folder: str) -> None:
    """What cannot be removed is left to the bucket's rule for orphans."""
    try:
        area.remove_folder(folder)
    except TransientError as error:
        logger.warning("staged files stay", extra={"folder": folder, "why": str(error)})


def _manifest(area: StagingArea, files: Sequence[StagedFile], name: str) -> str | None:
    return area.write_manifest(files, name).url if files else None


def _summary(rows: Sequence[Carga]) -> dict[str, int]:
    return {
        "lidas": sum(row.n_lidas for row in rows),
        "gravadas": sum(row.n_gravadas for row in rows),
        "preteridas": sum(row.n_preteridas for row in rows),
        "rejeitadas": sum(row.n_rejeitadas for row in rows),
        "substituidas": sum(row.n_substituidas for row in rows),
    }
