"""Estimates of lost sales, read in the background when a product is asked for."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from analytics_api.background_reads import BackgroundReads
from analytics_api.lost_sales import LostSales
from analytics_api.problems import NotReadyError

STANDS_FOR: Final = timedelta(minutes=5)
"""The warehouse is not asked again for a product within this time."""
_KEPT: Final = 256

ReadLostSales = Callable[[str], LostSales]


class LostSalesCache:
    """Lives on the event loop; a thread asks the warehouse, for one product after the other."""

    def __init__(
        self, read: ReadLostSales, *, clock: Callable[[], datetime], retry_seconds: float
    ) -> None:
        self._read = read
        self._clock = clock
        self._asking = ThreadPoolExecutor(1, "lost-sales")
        self._known: OrderedDict[str, LostSales] = OrderedDict()
        self._reads: BackgroundReads[str] = BackgroundReads(
            "estimates of lost sales",
            clock=clock,
            retry_after=timedelta(seconds=retry_seconds),
            away="the warehouse is away",
        )

    def known(self, id_produto: str) -> LostSales | None:
        """The last estimate; None until the first one is read."""
        return self._known.get(id_produto)

    def ask(self, id_produto: str) -> None:
        """Have the estimate read, unless it was a short time ago. Nobody waits for it."""
        known = self._known.get(id_produto)
        if known is None or self._clock() - known.until >= STANDS_FOR:
            with suppress(NotReadyError):
                self._reads.start(id_produto, self._keep)

    def close(self) -> None:
        """Ask no more; a query that runs in the warehouse is not waited for."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    async def _keep(self, id_produto: str) -> None:
        loop = asyncio.get_running_loop()
        self._known[id_produto] = await loop.run_in_executor(self._asking, self._read, id_produto)
        self._known.move_to_end(id_produto)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
