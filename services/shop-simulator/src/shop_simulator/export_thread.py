"""Exports in a thread of its own, while the shop is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from typing import Final

from shop_simulator.live_sales import LiveSales
from shop_simulator.settings import Settings
from shop_simulator.visits import Shop

_GRACE_SECONDS: Final = 10.0


@contextmanager
def export_in_thread(
    shop: Shop, settings: Settings, sales: LiveSales | None, *, today: date
) -> Iterator[None]:
    """Export the days before `today`, and then `sales`, if given, while the context is open;
    nothing where no URL is set."""
    if settings.export_url is None:
        yield
        return
    stop, url = Event(), settings.export_url

    def export() -> None:
        # boto3 and DuckDB are slow to import, and the shop is to open before that.
        from shop_simulator.exporter import Exporter

        Exporter(shop, settings, sales=sales, url=url, stop=stop).run(today)

    thread = Thread(target=export, name="exports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_GRACE_SECONDS)
