"""Writes what the shop's database exports: the products, and the sales of days gone by."""

import logging
from datetime import date
from threading import Event
from typing import Final

from service_runtime.retry import wait_and_retry
from shop_simulator.day_export import (
    CATALOGUE_PATH,
    Export,
    exports_of,
    history_days,
    partial_export,
)
from shop_simulator.demand import orders_a_day
from shop_simulator.export_formats import catalogue_text
from shop_simulator.export_packing import Packer
from shop_simulator.export_storage import ExportBucket
from shop_simulator.history import History
from shop_simulator.live_sales import LiveSales, as_exported
from shop_simulator.settings import Settings
from shop_simulator.storage import RecordFile
from shop_simulator.visits import Shop

_log = logging.getLogger(__name__)


_CHECK_SECONDS: Final = 60.0


class Exporter:
    """Writes below one S3 URL, a day at a time, until `stop` is set, whatever S3 does."""

    def __init__(
        self, shop: Shop, settings: Settings, *, sales: LiveSales | None, url: str, stop: Event
    ) -> None:
        self._catalogue = catalogue_text(shop.products)
        self._seed = settings.seed
        self._days = settings.history_days
        self._pause = settings.export_every_seconds or _CHECK_SECONDS
        self._history = _history(shop, settings)
        self._sales = sales
        self._bucket = ExportBucket(
            url, region=settings.aws_region, endpoint_url=settings.s3_endpoint_url
        )
        self._packer = Packer()
        self._record = RecordFile(settings.export_record_path)
        self._stop = stop

    def run(self, today: date) -> None:
        """First the days before `today`, and all of them again if S3 lost them; what is there stays
        as it is. Then the live sales, again and again."""
        self.write_catalogue()
        self.write_history(today)
        while not self._stop.wait(self._pause):
            if self.write_catalogue():
                self.write_history(today)
            self.write_sales()
        self._record.close()

    def write_catalogue(self) -> bool:
        """Whether it was not there."""
        return self._put(CATALOGUE_PATH, self._catalogue)

    def write_history(self, today: date) -> None:
        """The days before `today`, the oldest first."""
        written = 0
        for day in history_days(today, days=self._days):
            exports, entry = exports_of(day, self._history.sales_of(day), seed=self._seed)
            written += sum(self._write(each) for each in exports)
            if self._stop.is_set():
                return
            self._record.write([entry])
        _log.info("past days are exported", extra={"days": self._days, "written": written})

    def write_sales(self) -> None:
        """What the live shop has sold so far."""
        for day, lines in self._sales.by_day().items() if self._sales else ():
            self._write(partial_export(day, as_exported(lines)))

    def _write(self, export: Export) -> bool:
        return self._put(export.path, self._packer.content(export))

    def _put(self, path: str, content: bytes) -> bool:
        for attempt in wait_and_retry("exports"):
            with attempt:
                return not self._stop.is_set() and self._bucket.put(path, content)
        return False


def _history(shop: Shop, settings: Settings) -> History:
    orders = orders_a_day(
        events_per_second=settings.events_per_second, time_compression=settings.time_compression
    )
    return History(shop, seed=settings.seed, orders_a_day=orders)
