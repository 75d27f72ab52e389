"""Writes what the shop's database exports: the products, and the sales of days gone by."""

import logging
from datetime import date
from threading import Event

from service_runtime.retry import wait_and_retry
from shop_simulator.demand import orders_a_day
from shop_simulator.export_formats import catalogue_text
from shop_simulator.export_packing import Packer
from shop_simulator.export_storage import ExportBucket
from shop_simulator.exports import CATALOGUE_PATH, exports_of, history_days
from shop_simulator.history import History
from shop_simulator.settings import Settings
from shop_simulator.storage import RecordFile
from shop_simulator.visits import Shop

_log = logging.getLogger(__name__)


class Exporter:
    """Writes the products and the days before `today`, a day at a time. Whatever S3 does, it goes
    on trying until `stop` is set."""

    def __init__(self, shop: Shop, settings: Settings, *, url: str, stop: Event) -> None:
        self._products = shop.products
        self._seed = settings.seed
        self._days = settings.history_days
        self._history = History(
            shop,
            seed=settings.seed,
            orders_a_day=orders_a_day(
                events_per_second=settings.events_per_second,
                time_compression=settings.time_compression,
            ),
        )
        self._bucket = ExportBucket(
            url, region=settings.aws_region, endpoint_url=settings.s3_endpoint_url
        )
        self._packer = Packer()
        self._record = RecordFile(settings.export_record_path)
        self._stop = stop

    def run(self, today: date) -> None:
        """Running it again changes nothing that is there."""
        written = int(self._put(CATALOGUE_PATH, catalogue_text(self._products)))
        for day in history_days(today, days=self._days):
            written += self._export(day)
            if self._stop.is_set():
                break
        else:
            _log.info("the exports are there", extra={"days": self._days, "written": written})
        self._record.close()

    def _export(self, day: date) -> int:
        exports, entry = exports_of(day, self._history.sales_of(day), seed=self._seed)
        written = sum(self._put(each.path, self._packer.content(each)) for each in exports)
        if not self._stop.is_set():
            self._record.write([entry])
        return written

    def _put(self, path: str, content: bytes) -> bool:
        for attempt in wait_and_retry("exports"):
            with attempt:
                return not self._stop.is_set() and self._bucket.put(path, content)
        return False
