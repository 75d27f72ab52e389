"""The warehouse query: every micro-batch becomes one transaction, and the ledger leads.

It trusts no checkpoint: each start takes a new epoch, a new checkpoint folder and the offsets
that the ledger names. What a checkpoint of an older driver says no longer matters.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Lock

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.errors import TransientError
from service_runtime.failpoints import reach
from service_runtime.retry import wait_and_retry
from service_runtime.topic import Topic
from stream_processor.settings import Settings
from stream_processor.source import read_topic, starting_offsets
from stream_processor.staging_task import STAGED_SCHEMA, StagedPart, stage_part
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.load import StagedBatch, StagedEvents, Writer, load_events
from warehouse.settings import StagingSettings
from warehouse.staging import StagedFile, StagingArea

logger = logging.getLogger(__name__)


def start_warehouse_query(
    session: SparkSession, settings: Settings, writing: Lock
) -> StreamingQuery:
    """Take over the query from whoever ran it before; returns once Spark has started it.

    Each micro-batch is written under the lock `writing`.
    """
    warehouse = Warehouse(settings, application="stream-processor")
    for attempt in wait_and_retry("start of the warehouse query"):
        with attempt:
            partitions = Topic.of(settings, TOPIC_EVENTOS).partitions()
            epoch, done = _take_over(warehouse)
    logger.info("warehouse query begins", extra={"epoch": epoch, "done": done})
    stream = read_topic(session, settings, TOPIC_EVENTOS, starting_offsets(partitions, done))
    sink = WarehouseSink(
        settings, warehouse, epoch=epoch, clock=lambda: datetime.now(UTC), writing=writing
    )
    return (
        stream.writeStream.queryName("warehouse")
        .foreachBatch(sink.write)
        .option("checkpointLocation", f"{settings.checkpoint_url}/warehouse/epoch-{epoch}")
        .trigger(processingTime=f"{settings.warehouse_trigger_seconds} seconds")
        .start()
    )


def _take_over(warehouse: Warehouse) -> tuple[int, dict[int, int]]:
    """Raise the epoch first: from then on the positions read can no longer change."""
    with warehouse.transaction() as transaction:
        now = datetime.now(UTC)
        epoch = ledger.raise_epoch(transaction, query=QUERY_WAREHOUSE, now=now)
    with warehouse.transaction() as transaction:
        done = ledger.positions(transaction, query=QUERY_WAREHOUSE, topic=TOPIC_EVENTOS)
    return epoch, done


class WarehouseSink:
    """Stages a micro-batch on the executors and loads it from the driver."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        *,
        epoch: int,
        clock: Callable[[], datetime],
        writing: Lock,
    ) -> None:
        self._writing = writing
        self._staging_settings = _staging_settings(settings)
        self._area = StagingArea(settings)
        self._warehouse = warehouse
        self._writer = Writer(epoch=epoch, iam_role=settings.warehouse_iam_role)
        self._clock = clock
        self._cleaner = ThreadPoolExecutor(1, "staging-cleaner")

    def write(self, frame: DataFrame, batch_id: int) -> None:
        """Write one micro-batch; patient with outages, final with what is wrong."""
        with self._writing:
            self._write(frame, batch_id)

    def _write(self, frame: DataFrame, batch_id: int) -> None:
        folder = f"{QUERY_WAREHOUSE}/epoch-{self._writer.epoch}/batch-{batch_id}"
        task = partial(stage_part, settings=self._staging_settings, folder=folder)
        rows = frame.mapInArrow(task, STAGED_SCHEMA).collect()
        parts = [StagedPart.from_row(row.asDict()) for row in rows]
        reach("after_staging")
        for attempt in wait_and_retry("load of a batch"):
            with attempt:
                batch = self._staged_batch(parts, folder)
                reach("before_transaction")
                load_events(self._warehouse, batch, writer=self._writer, now=self._clock())
        self._cleaner.submit(self._clean, folder)

    def _clean(self, folder: str) -> None:
        with suppress(TransientError):  # what stays behind, the bucket's lifecycle rule removes
            self._area.remove_folder(folder)

    def _staged_batch(self, parts: list[StagedPart], folder: str) -> StagedBatch:
        events = [file for part in parts if (file := part.events_file)]
        dead = [file for part in parts if (file := part.dead_file)]
        events_manifest = self._manifest(events, f"{folder}/eventos.manifest")
        dead_manifest = self._manifest(dead, f"{folder}/rejeitados.manifest")
        return StagedBatch(
            slices=[part.slice for part in parts],
            events=staged_events(events_manifest, parts),
            dead_manifest=dead_manifest.url if dead_manifest else None,
        )

    def _manifest(self, files: list[StagedFile], name: str) -> StagedFile | None:
        return self._area.write_manifest(files, name) if files else None


def staged_events(manifest: StagedFile | None, parts: Sequence[StagedPart]) -> StagedEvents | None:
    """The events of all parts, within the bounds of all their timestamps."""
    if manifest is None:
        return None
    return StagedEvents(
        manifest=manifest.url,
        oldest=min(part.oldest for part in parts if part.oldest),
        newest=max(part.newest for part in parts if part.newest),
    )


def _staging_settings(settings: Settings) -> StagingSettings:
    """Only what staging needs, so that no secret travels to the executors."""
    return StagingSettings.model_validate(
        {name: getattr(settings, name) for name in StagingSettings.model_fields}
    )
