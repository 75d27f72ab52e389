"""Keeps the figures current by one loop per store; no failure of a store ends a loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import anyio.to_thread

from analytics_api.alert_storage import AlertSource
from analytics_api.figures import Figures, Store
from analytics_api.history_storage import HistorySource
from analytics_api.ledger_audit import TopicPartition
from analytics_api.live_storage import LiveSource
from analytics_api.quality_storage import QualitySource
from analytics_api.region_storage import RegionSource
from analytics_api.sales_storage import SalesSource
from analytics_api.visibility import report_visible
from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import pause_after
from service_runtime.topic import Topic

WHOLE_WINDOW_EVERY: Final = timedelta(minutes=1)
"""How often the whole window is read, in case a change was missed."""

ANSWERS_WITHIN: Final = 5.0
"""After this many seconds without an answer a store counts as away."""

logger = logging.getLogger(__name__)
Refresh = Callable[[], Awaitable[None]]


def utc_now() -> datetime:
    """The clock of the process; decisions get the time as an argument."""
    return datetime.now(UTC)


async def keep_fresh(
    refresh: Refresh, store: Store, changed: Callable[[], None], *, every: float, max_pause: float
) -> None:
    """Refresh for ever; after failures wait longer each time, up to `max_pause` seconds.

    A store that takes longer than ANSWERS_WITHIN is reported as away, but its answer is still
    awaited.
    """
    failures = 0
    while True:
        asked_at = utc_now()
        late = asyncio.get_running_loop().call_later(ANSWERS_WITHIN, _note_late, store, changed)
        try:
            await refresh()
        except (TransientError, PermanentError) as error:
            failures += 1
            _note(store, str(error))
        else:
            if store.problem is not None:
                logger.info("%s is back", store.name)
            failures, store.problem, store.confirmed_at = 0, None, asked_at
        finally:
            late.cancel()
        changed()
        await asyncio.sleep(pause_after(failures, every=every, max_pause=max_pause))


def _note_late(store: Store, changed: Callable[[], None]) -> None:
    _note(store, f"{store.name}: has not answered for {ANSWERS_WITHIN:.0f} s")
    changed()


def _note(store: Store, problem: str) -> None:
    if store.problem is None:
        logger.warning("%s is away", store.name, extra={"error": problem})
    store.problem = problem


async def keep_publishing(publish: Callable[[], None], *, every: float) -> None:
    """Publish at intervals, also while no store answers, since the window moves with time."""
    while True:
        publish()
        await asyncio.sleep(every)


class SalesRefresh:
    """Reads the warehouse in a thread, one read at a time: its driver blocks, and adding rows takes
    CPU. If it measures, it tells how late rows become visible, except those of its first read."""

    def __init__(self, source: SalesSource, figures: Figures, *, measures: bool) -> None:
        self._source = source
        self._figures = figures
        self._measures = measures

    async def __call__(self) -> None:
        """Read what the ledger has added, or everything after a file was loaded."""
        figures = self._figures
        before = figures.columns.version
        shown = figures.ledger if self._measures else None
        read = partial(self._source.read, figures.columns, ages_since=shown)
        committed = await anyio.to_thread.run_sync(read, abandon_on_cancel=True)
        if committed.ledger != figures.ledger:
            now = utc_now()
            figures.put_ledger(committed.ledger, now=now)
            report_visible(committed.ages, now=now)
            figures.probes = committed.probes
        elif figures.columns.version != before or committed.pace is not figures.pace:
            figures.sales_version += 1
        figures.stock, figures.pace = committed.stock, committed.pace
        figures.curves = committed.curves


class MetricsRefresh:
    """Reads documents that changed since the newest one, and at times the whole window."""

    def __init__(self, source: LiveSource, regions: RegionSource, figures: Figures) -> None:
        self._source = source
        self._regions = regions
        self._figures = figures
        self._whole_at: datetime | None = None

    async def __call__(self) -> None:
        """Read new documents, and add them to the figures."""
        now = utc_now()
        window, regions = self._figures.window, self._figures.regions
        due = self._whole_at is None or now - self._whole_at >= WHOLE_WINDOW_EVERY
        window.merge(await self._source.read(now, since=None if due else window.newest))
        found = await self._regions.read(now, since=None if due else regions.newest)
        regions.merge(found, now=now)
        if due:
            self._whole_at = now


class AlertsRefresh:
    """Reads the alerts on stock."""

    def __init__(self, source: AlertSource, figures: Figures) -> None:
        self._source = source
        self._figures = figures

    async def __call__(self) -> None:
        """Put them into the figures."""
        alerts = await self._source.read()
        if alerts != self._figures.alerts:
            self._figures.alerts = alerts
            self._figures.alerts_version += 1


class QualityRefresh:
    """Reads the newest run of the checks of the data in a thread."""

    def __init__(self, source: QualitySource, figures: Figures) -> None:
        self._source = source
        self._figures = figures

    async def __call__(self) -> None:
        """Put it into the figures."""
        figures = self._figures
        figures.quality = await anyio.to_thread.run_sync(
            self._source.read, figures.quality, abandon_on_cancel=True
        )


class HistoryRefresh:
    """Reads the warehouse in a thread, by a connection of its own: reading all
    products takes long, and new sales do not wait for it."""

    def __init__(self, source: HistorySource, figures: Figures) -> None:
        self._source = source
        self._figures = figures

    async def __call__(self) -> None:
        """Put what is new into the figures."""
        self._figures.history = await anyio.to_thread.run_sync(
            self._source.read, abandon_on_cancel=True
        )


class EndOffsetsRefresh:
    """Asks Kafka in a thread, one request at a time, since librdkafka blocks."""

    def __init__(self, topics: Mapping[str, Topic], figures: Figures) -> None:
        self._topics = topics
        self._figures = figures

    async def __call__(self) -> None:
        """Read the end offsets of each topic."""
        asked_at = utc_now()
        ends = await anyio.to_thread.run_sync(self._ends, abandon_on_cancel=True)
        self._figures.put_ends(ends, asked_at=asked_at)

    def _ends(self) -> dict[TopicPartition, int]:
        return {
            (name, partition): end
            for name, topic in self._topics.items()
            for partition, end in topic.latest().items()
        }
