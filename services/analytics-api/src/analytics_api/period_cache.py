"""The figures of periods: from memory, or for old periods from the warehouse.

Two threads do the slow work, one for each source, so that neither the event loop nor a question to
memory waits for the warehouse.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from analytics_api.background_reads import BackgroundReads
from analytics_api.periods import Period, PeriodFigures, PeriodTables
from analytics_api.problems import NotReadyError
from analytics_api.sales import SalesColumns
from analytics_api.sales_storage import OldFigures
from analytics_api.waiting import result_soon
from service_runtime.errors import PermanentError, TransientError

OLD_STANDS_FOR: Final = timedelta(minutes=5)
"""The warehouse is not asked again for an old period within this time."""
_OLD_KEPT: Final = 8

_OLDER: Final = "the period is older than what is in memory"
_AWAY: Final = f"{_OLDER}, and the warehouse is away"

ReadOld = Callable[[date, date], OldFigures]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _OldPeriod:
    figures: OldFigures
    read_at: datetime
    version: int
    """The version of the columns when it was read."""


class PeriodCache:
    """Lives on the event loop. `columns` hold the newest days; `read_old` reads older periods from
    the warehouse, and after a failed read not again for `retry_seconds`."""

    def __init__(
        self,
        columns: SalesColumns,
        read_old: ReadOld,
        *,
        clock: Callable[[], datetime],
        retry_seconds: float,
    ) -> None:
        self._columns = columns
        self._read_old = read_old
        self._clock = clock
        self._tables = PeriodTables(columns)
        self._computing = ThreadPoolExecutor(1, "figures")
        self._asking = ThreadPoolExecutor(1, "old-periods")
        self._old: OrderedDict[Period, _OldPeriod] = OrderedDict()
        self._reads: BackgroundReads[Period] = BackgroundReads(
            "old periods",
            clock=clock,
            retry_after=timedelta(seconds=retry_seconds),
            away=_AWAY,
        )

    def in_memory(self, period: Period) -> bool:
        """Whether the period is in memory, so that the warehouse is not needed."""
        return self._columns.holds(period.first, period.last)

    def version(self, period: Period) -> Hashable:
        """A value that changes with the figures of a period."""
        if self.in_memory(period):
            return self._columns.version
        known = self._old.get(period)
        return (period, known and known.read_at)

    def kept_since(self, period: Period) -> datetime | None:
        """When an old period was read; None where the columns have not changed since, and thus
        for one that they hold."""
        known = None if self.in_memory(period) else self._old.get(period)
        return None if known is None or self._is_newest(known) else known.read_at

    async def ready(self, period: Period) -> None:
        """Have an old period read from the warehouse, if it was never read or is too old.

        Only the first read of a period is waited for; later the last figures stay until the new
        ones are there. Raises NotReadyError if the warehouse takes too long or does not answer.
        """
        if self.in_memory(period):
            return
        known = self._old.get(period)
        if known is None:
            await self._first_read(period)
            return
        self._old.move_to_end(period)
        if not self._stands(known):
            with suppress(NotReadyError):
                self._read(period)

    async def _first_read(self, period: Period) -> None:
        try:
            await result_soon(self._read(period), f"{_OLDER}, and is being read")
        except (TransientError, PermanentError) as error:
            raise NotReadyError(_AWAY) from error

    async def run(self, period: Period, make: Callable[[PeriodFigures], _Result]) -> _Result:
        """Call `make` with the figures of a ready period, in a thread."""
        old = None
        if not self.in_memory(period):
            old = self._old.get(period)
            if old is None:
                raise NotReadyError("the period must be read again")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._computing, self._run, period, old, make)

    async def compute(self, make: Callable[[PeriodTables], _Result]) -> _Result:
        """Call `make` with the tables in memory, in the thread of `run`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._computing, make, self._tables)

    def close(self) -> None:
        """Accept no more questions; queries that run in the warehouse are not waited for."""
        for executor in (self._computing, self._asking):
            executor.shutdown(wait=False, cancel_futures=True)

    def _run(
        self, period: Period, old: _OldPeriod | None, make: Callable[[PeriodFigures], _Result]
    ) -> _Result:
        if old is None:
            return make(self._tables.of_columns(period))
        key = (period, old.read_at)
        return make(self._tables.of_rows(key, old.figures.rows, old.figures.committed_at))

    def _stands(self, known: _OldPeriod) -> bool:
        return self._is_newest(known) or self._clock() - known.read_at < OLD_STANDS_FOR

    def _is_newest(self, known: _OldPeriod) -> bool:
        return known.version == self._columns.version

    def _read(self, period: Period) -> "asyncio.Task[None]":
        return self._reads.start(period, self._keep_old)

    async def _keep_old(self, period: Period) -> None:
        read_at, version = self._clock(), self._columns.version
        loop = asyncio.get_running_loop()
        figures = await loop.run_in_executor(
            self._asking, self._read_old, period.first, period.last
        )
        self._old[period] = _OldPeriod(figures, read_at, version)
        self._old.move_to_end(period)
        while len(self._old) > _OLD_KEPT:
            self._old.popitem(last=False)
