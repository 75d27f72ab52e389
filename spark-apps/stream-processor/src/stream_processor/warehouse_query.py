"""The warehouse query: a micro-batch of all topics becomes one transaction, the ledger leads.

Where the warehouse refuses what is in it, it becomes several, and the refused records dead letters.

It needs no checkpoint: each start takes a new epoch and the offsets that the ledger names. Spark
keeps its log in a temporary folder of the driver, which goes with the query.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, partial
from itertools import count

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from event_contracts.names import QUERY_WAREHOUSE
from event_contracts.rejection import Motivo, Rejeicao
from service_runtime.errors import TransientError
from service_runtime.failpoints import hit_failpoint
from service_runtime.retry import wait_and_retry
from service_runtime.telemetry import collects_metrics, exports_traces
from service_runtime.topic import Topic
from spark_runtime.python_worker import map_in_workers
from stream_processor.batch_span import batch_span
from stream_processor.decoding import DecodeBatch, refuse_all
from stream_processor.feeds import DECODERS
from stream_processor.micro_batches import MicroBatches
from stream_processor.planned_ranges import TopicOffsets
from stream_processor.progress import report_freshness, report_refused
from stream_processor.settings import Settings
from stream_processor.source import read_topics, within
from stream_processor.staged_batch import staged_batch
from stream_processor.staging_task import STAGED_SCHEMA, StagedPart, stage_part
from stream_processor.supervision import BatchGuard
from warehouse import ledger
from warehouse.arrow_schema import arrow_schema
from warehouse.bisection import Ranges, load_around
from warehouse.connection import Warehouse
from warehouse.driver_errors import RefusedDataError
from warehouse.feeds import feed_of
from warehouse.folding import fold_ledger
from warehouse.ledger import OffsetRange, Positions
from warehouse.load import Writer, load_batch
from warehouse.migrations import require_current
from warehouse.settings import StagingSettings
from warehouse.staging import StagingArea

logger = logging.getLogger(__name__)


def start_warehouse_query(
    session: SparkSession,
    settings: Settings,
    warehouse: Warehouse,
    commit_later: Callable[[Positions], None],
    guard: BatchGuard,
) -> StreamingQuery:
    """Take over the query from whoever ran it before; returns once Spark has started it.

    Each micro-batch is written under `guard`, and `commit_later` gets the offsets that are done.
    """
    for attempt in wait_and_retry("start of the warehouse query"):
        with attempt:
            require_current(warehouse)
            earliest = {topic: Topic.of(settings, topic).earliest() for topic in DECODERS}
            epoch, done = _take_over(warehouse)
    first = starting_offsets(earliest, done)
    logger.info("warehouse query begins", extra={"epoch": epoch, "offsets": first})
    commit_later(
        {(topic, n): offset for topic, found in first.items() for n, offset in found.items()}
    )
    sink = WarehouseSink(
        settings, warehouse, epoch=epoch, commit_later=commit_later, clock=lambda: datetime.now(UTC)
    )
    batches = MicroBatches(QUERY_WAREHOUSE, first, settings.warehouse_trigger_seconds, guard)
    records = read_topics(session, settings, first, with_traces=exports_traces())
    return batches.start(records, sink.write)


def _take_over(warehouse: Warehouse) -> tuple[int, Positions]:
    """Raise the epoch first: from then on the positions read can no longer change."""
    with warehouse.transaction() as transaction:
        now = datetime.now(UTC)
        epoch = ledger.raise_epoch(transaction, query=QUERY_WAREHOUSE, now=now)
    with warehouse.transaction() as transaction:
        return epoch, ledger.positions(transaction, query=QUERY_WAREHOUSE)


def starting_offsets(earliest: TopicOffsets, done: Positions) -> dict[str, dict[int, int]]:
    """Where to begin: after what is done, at the first record of a partition never read."""
    return {
        topic: {n: done.get((topic, n), offset) for n, offset in offsets.items()}
        for topic, offsets in earliest.items()
    }


class WarehouseSink:
    """Stages a micro-batch on the executors and loads it from the driver."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        *,
        epoch: int,
        commit_later: Callable[[Positions], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._staging_settings = _staging_settings(settings)
        self._area = StagingArea(settings)
        self._warehouse = warehouse
        self._writer = Writer(epoch=epoch, iam_role=settings.warehouse_iam_role)
        self._commit_later = commit_later
        self._clock = clock
        self._folded: date | None = None
        self._cleaner = ThreadPoolExecutor(1, "staging-cleaner")

    def write(self, frame: DataFrame, number: int, ranges: Ranges) -> None:
        """Write one micro-batch; patient with outages, final with what is wrong."""
        folder = f"{QUERY_WAREHOUSE}/epoch-{self._writer.epoch}/batch-{number}"
        self._write(frame, ranges, folder)
        self._commit_later({(r.topic, r.partition): r.off_to for r in ranges})
        self._cleaner.submit(self._clean, folder)
        self._fold_once_a_day()

    def _write(self, frame: DataFrame, ranges: Ranges, folder: str) -> None:
        """Write all but what the warehouse refuses, and that as dead letters.

        What is loaded in parts is read from Kafka once more and then kept: reading it for each
        part would take most of the time. A part has its own folder.
        """
        numbers = count()
        kept = cache(frame.persist)

        def load(part: Ranges, decoders: Mapping[str, DecodeBatch] = DECODERS) -> None:
            records = frame if part == ranges else kept().where(within(part))
            self._load(records, part, f"{folder}/{next(numbers)}", decoders)

        def set_aside(record: OffsetRange, error: RefusedDataError) -> None:
            hit_failpoint("before_setting_aside")
            load([record], {record.topic: _refusing(record.topic, error)})
            report_refused(record, error.reason)

        try:
            load_around(ranges, load=load, set_aside=set_aside)
        finally:
            if frame.is_cached:
                frame.unpersist()

    def _load(
        self, frame: DataFrame, ranges: Ranges, folder: str, decoders: Mapping[str, DecodeBatch]
    ) -> None:
        began = self._clock()
        parts = self._stage(frame, folder, decoders, began)
        with batch_span(parts, began=began):
            for attempt in wait_and_retry("load of a batch"):
                with attempt:
                    batch = staged_batch(self._area, ranges, parts, folder, ages_at=began)
                    hit_failpoint("before_transaction")
                    load_batch(self._warehouse, batch, writer=self._writer, now=self._clock())
        report_freshness(parts, seconds=(self._clock() - began).total_seconds())

    def _stage(
        self,
        frame: DataFrame,
        folder: str,
        decoders: Mapping[str, DecodeBatch],
        began: datetime,
    ) -> list[StagedPart]:
        task = partial(
            stage_part,
            settings=self._staging_settings,
            folder=folder,
            decoders=decoders,
            ages_at=began if collects_metrics() else None,
        )
        rows = map_in_workers(frame, task, STAGED_SCHEMA).collect()
        hit_failpoint("after_staging")
        return [StagedPart(**row.asDict()) for row in rows]

    def _clean(self, folder: str) -> None:
        with suppress(TransientError):  # what stays behind, the bucket's lifecycle rule removes
            self._area.remove_folder(folder)

    def _fold_once_a_day(self) -> None:
        today = self._clock().date()
        if self._folded == today:
            return
        for attempt in wait_and_retry("folding of the ledger"):
            with attempt:
                fewer = fold_ledger(
                    self._warehouse, query=QUERY_WAREHOUSE, epoch=self._writer.epoch, today=today
                )
        self._folded = today
        logger.info("ledger folded", extra={"rows_fewer": fewer})


def _refusing(topic: str, error: RefusedDataError) -> DecodeBatch:
    """What makes dead letters of records in which no decoder finds anything wrong."""
    detail = f"the warehouse refuses a value: {error.reason}"
    return partial(
        refuse_all,
        rejection=Rejeicao(Motivo.RECUSADO_PELO_ARMAZEM, None, detail),
        schema=arrow_schema(feed_of(topic).table),
        topic=topic,
    )


def _staging_settings(settings: Settings) -> StagingSettings:
    """Only what staging needs, so that no secret travels to the executors."""
    return StagingSettings.model_validate(
        {name: getattr(settings, name) for name in StagingSettings.model_fields}
    )
