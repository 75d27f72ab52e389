"""The metrics query: state per partition and minute, absolute values into MongoDB."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.state import GroupStateTimeout

from event_contracts.names import TOPIC_EVENTOS
from event_contracts.record import MAX_AHEAD
from service_runtime.failpoints import reach
from service_runtime.retry import wait_and_retry
from service_runtime.topic import Topic
from stream_processor.metrics import LATENESS, MINUTE
from stream_processor.metrics_documents import ready
from stream_processor.metrics_store import MetricsStore
from stream_processor.metrics_task import (
    CHANGE_SCHEMA,
    DELTA_SCHEMA,
    STATE_SCHEMA,
    gather,
    update,
)
from stream_processor.settings import Settings
from stream_processor.source import EARLIEST, read_topics
from stream_processor.supervision import BatchGuard

logger = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(hours=1)
"""How far back on Kafka to begin when there is no checkpoint."""


def start_metrics_query(
    session: SparkSession, settings: Settings, guard: BatchGuard
) -> StreamingQuery:
    """Go on from the checkpoint, or begin an hour back; returns once Spark has started it.

    Each micro-batch is written under `guard`.
    """
    store = MetricsStore(settings)
    checkpoint = f"{settings.checkpoint_url}/metrics"
    for attempt in wait_and_retry("start of the metrics query"):
        with attempt:
            offsets, first_minute = _beginning(session, settings, store, checkpoint)
    logger.info("metrics query begins", extra={"offsets": offsets, "first_minute": first_minute})
    stream = read_topics(session, settings, {TOPIC_EVENTOS: offsets})
    sink = MetricsSink(store, guard)
    return (
        changes(stream, first_minute)
        .writeStream.queryName("metrics")
        .outputMode("update")
        .foreachBatch(sink.write)
        .option("checkpointLocation", checkpoint)
        .trigger(processingTime=f"{settings.metrics_trigger_seconds} seconds")
        .start()
    )


def changes(stream: DataFrame, first_minute: int) -> DataFrame:
    """One packed document for each partition and minute that a micro-batch changed."""
    return (
        stream.mapInArrow(partial(gather, first_minute=first_minute), DELTA_SCHEMA)
        .withWatermark("ate", f"{LATENESS // timedelta(seconds=1)} seconds")
        .groupBy("particao", "minuto")
        .applyInPandasWithState(
            update, CHANGE_SCHEMA, STATE_SCHEMA, "update", GroupStateTimeout.EventTimeTimeout
        )
    )


class MetricsSink:
    """Upserts what a micro-batch changed, patient while MongoDB is away."""

    def __init__(self, store: MetricsStore, guard: BatchGuard) -> None:
        self._store = store
        self._guard = guard

    def write(self, frame: DataFrame, _batch_id: int) -> None:
        """Write one micro-batch; the values are absolute, so a replay changes nothing."""
        with self._guard:
            self._write(frame)

    def _write(self, frame: DataFrame) -> None:
        packed = [bytes(row.documento) for row in frame.collect()]
        documents = [ready(msgspec.msgpack.decode(document)) for document in packed]
        reach("before_metrics")
        for attempt in wait_and_retry("write of live metrics"):
            with attempt:
                self._store.upsert(documents, now=datetime.now(UTC))
        reach("after_metrics")


def _beginning(
    session: SparkSession, settings: Settings, store: MetricsStore, checkpoint: str
) -> tuple[dict[int, int], int]:
    """Offsets to begin at, and the first minute whose values are whole.

    Spark heeds the offsets only where there is no checkpoint.
    """
    topic = Topic.of(settings, TOPIC_EVENTOS)
    if _has_checkpoint(session, checkpoint):
        return dict.fromkeys(topic.partitions(), EARLIEST), store.first_minute()
    since = datetime.now(UTC) - LOOK_BACK
    offsets = topic.at(since)
    first_minute = first_whole_minute(since, offsets)
    store.begin(first_minute)
    return offsets, first_minute


def first_whole_minute(since: datetime, offsets: Mapping[int, int]) -> int:
    """Unix seconds of the first minute all of whose events lie at or after `offsets`.

    Kafka's timestamps tell when an event came, and an event may be dated ahead of that by
    MAX_AHEAD at most. From offset 0 on nothing can be missing.
    """
    if not any(offsets.values()):
        return 0
    second = int((since + MAX_AHEAD).timestamp())
    return second - second % MINUTE + MINUTE


def _has_checkpoint(session: SparkSession, checkpoint: str) -> bool:
    jvm, context = session.sparkContext._jvm, session.sparkContext._jsc
    path = jvm.org.apache.hadoop.fs.Path(f"{checkpoint}/offsets")  # type: ignore[union-attr]
    return bool(path.getFileSystem(context.hadoopConfiguration()).exists(path))
