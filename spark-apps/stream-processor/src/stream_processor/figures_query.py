"""The figures query: executors decode, the driver counts and writes absolute values to MongoDB.

It needs no checkpoint: each start goes on from a snapshot of the figures or reads an hour again.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from event_contracts.live_figures import KEPT, MINUTE
from event_contracts.names import QUERY_FIGURES, TOPIC_EVENTOS
from event_contracts.record import MAX_AHEAD
from service_runtime.failpoints import hit_failpoint
from service_runtime.retry import wait_and_retry
from service_runtime.topic import Topic
from spark_runtime.python_worker import map_in_workers
from stream_processor.counting_task import PART_SCHEMA, gather, read_parts
from stream_processor.enrichment import Enrichment
from stream_processor.figures_documents import active_document, minute_document
from stream_processor.figures_store import FiguresStore
from stream_processor.live_figures import LiveFigures
from stream_processor.micro_batches import MicroBatches
from stream_processor.settings import Settings
from stream_processor.snapshots import Snapshots
from stream_processor.source import read_topics
from stream_processor.supervision import BatchGuard
from warehouse.ledger import OffsetRange

logger = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(hours=1)
"""How far back on Kafka to begin where there is no snapshot as young."""
SNAPSHOT_EVERY: Final = timedelta(minutes=1)
CLEAN_EVERY: Final = timedelta(minutes=10)


class Beginning(NamedTuple):
    """Figures, the offsets at which to go on, and the first minute whose values are whole.

    Until the offsets of `hold` are reached, documents tell more than the figures.
    """

    figures: LiveFigures
    offsets: dict[int, int]
    first_minute: int
    hold: Mapping[int, int]


def start_figures_query(
    session: SparkSession,
    settings: Settings,
    store: FiguresStore,
    enrichment: Enrichment,
    guard: BatchGuard,
) -> StreamingQuery:
    """Go on from the newest snapshot, or begin an hour back; returns once Spark has started it.

    Each micro-batch is written under `guard`.
    """
    snapshots = Snapshots(session, f"{settings.checkpoint_url}/live-figures")
    for attempt in wait_and_retry("start of the figures query"):
        with attempt:
            beginning = _beginning(settings, store, snapshots)
    what = {"offsets": beginning.offsets, "first_minute": beginning.first_minute}
    logger.info("figures query begins", extra=what)
    first = {TOPIC_EVENTOS: beginning.offsets}
    records = read_topics(session, settings, first).withColumn("agora", F.current_timestamp())
    task = partial(gather, first_minute=beginning.first_minute)
    parts = map_in_workers(records, task, PART_SCHEMA)
    batches = MicroBatches(QUERY_FIGURES, first, settings.metrics_trigger_seconds, guard)
    sink = FiguresSink(store, snapshots, beginning, enrichment)
    # From here on the figures belong to two threads.
    enrichment.follow(beginning.figures, beginning.first_minute)
    enrichment.start()
    return batches.start(parts, sink.write)


class FiguresSink:
    """Counts micro-batches and upserts what they changed, patient while MongoDB is away."""

    def __init__(
        self,
        store: FiguresStore,
        snapshots: Snapshots,
        beginning: Beginning,
        enrichment: Enrichment,
    ) -> None:
        self._store = store
        self._snapshots = snapshots
        self._enrichment = enrichment
        self._figures = beginning.figures
        self._first_minute = beginning.first_minute
        self._hold = beginning.hold
        self._positions = dict(beginning.offsets)
        self._changed = beginning.figures.minutes()
        self._clean_at = self._snapshot_at = datetime.now(UTC)

    def write(self, frame: DataFrame, _number: int, ranges: Iterable[OffsetRange]) -> None:
        """Count one micro-batch and write what has changed.

        The customers are written each time, which shows that the query is alive.
        """
        now = datetime.now(UTC)
        self._count(frame, now)
        self._positions |= {span.partition: span.off_to for span in ranges}
        if not any(self._positions.get(n, 0) < end for n, end in self._hold.items()):
            self._write(now)
            self._enrichment.release()
        self._keep(now)

    def _count(self, frame: DataFrame, now: datetime) -> None:
        parts = sorted(frame.collect(), key=lambda part: part.partition)
        if parts:
            events = read_parts([part.events for part in parts])
            read_until = min(part.read_until for part in parts)
            with self._figures.turn:
                self._changed |= self._figures.take(events, now=now, read_until=read_until)

    def _write(self, now: datetime) -> None:
        with self._figures.turn:
            # A snapshot may name minutes that have left the figures: their documents know more.
            found = self._figures.figures_of(self._changed & self._figures.minutes())
            active = self._figures.active_per_second(now)
        documents = [minute_document(m, figures, now=now) for m, figures in found.items()]
        documents.append(active_document(active))
        hit_failpoint("before_metrics")
        for attempt in wait_and_retry("write of live metrics"):
            with attempt:
                self._store.upsert(documents, now=now)
                self._clean(now)
        self._changed = set()
        hit_failpoint("after_metrics")

    def _clean(self, now: datetime) -> None:
        if now >= self._clean_at:
            self._store.remove_before(now - KEPT)
            self._clean_at = now + CLEAN_EVERY

    def _keep(self, now: datetime) -> None:
        if now >= self._snapshot_at:
            with self._figures.turn:
                self._snapshots.save(self._figures, self._positions, self._first_minute, now)
            self._snapshot_at = now + SNAPSHOT_EVERY


def _beginning(settings: Settings, store: FiguresStore, snapshots: Snapshots) -> Beginning:
    topic = Topic.of(settings, TOPIC_EVENTOS)
    now = datetime.now(UTC)
    back, ends = topic.at(now - LOOK_BACK), topic.latest()
    for figures, positions, first_minute in snapshots.newest():
        if goes_on(positions, oldest=back, ends=ends):
            offsets = topic.earliest() | positions
            return Beginning(figures, offsets, first_minute, hold=ends)
    first_minute = first_whole_minute(now - LOOK_BACK, back)
    # Older minutes are counted no more, so that their documents stay.
    store.begin(max(first_minute, _minute_after(now - LOOK_BACK)), now=now)
    return Beginning(LiveFigures(), back, first_minute, hold={})


def goes_on(
    positions: Mapping[int, int], *, oldest: Mapping[int, int], ends: Mapping[int, int]
) -> bool:
    """Whether a snapshot at these offsets is of this topic, and young enough to go on from."""
    return all(n in ends and oldest[n] <= position <= ends[n] for n, position in positions.items())


def first_whole_minute(since: datetime, offsets: Mapping[int, int]) -> int:
    """Unix seconds of the first minute all of whose events lie at or after `offsets`.

    Kafka's timestamps tell when an event came, and an event may be dated ahead of that by
    MAX_AHEAD at most. From offset 0 on nothing can be missing.
    """
    return _minute_after(since + MAX_AHEAD) if any(offsets.values()) else 0


def _minute_after(moment: datetime) -> int:
    """Unix seconds at which the minute after that of `moment` begins."""
    minute = MINUTE // timedelta(seconds=1)
    return (int(moment.timestamp()) // minute + 1) * minute
