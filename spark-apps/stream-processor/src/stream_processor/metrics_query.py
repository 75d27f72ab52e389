"""The metrics query: Spark counts, the driver writes absolute values into MongoDB."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from event_contracts.live_figures import KEPT
from event_contracts.names import TOPIC_EVENTOS
from event_contracts.record import MAX_AHEAD
from service_runtime.failpoints import reach
from service_runtime.retry import wait_and_retry
from service_runtime.topic import Topic
from stream_processor.metrics import (
    ARRIVALS,
    MINUTE,
    REPEATS,
    Group,
    Kind,
    LiveFigures,
)
from stream_processor.metrics_columns import COLUMNS_SCHEMA, gather
from stream_processor.metrics_documents import active_document, minute_document
from stream_processor.metrics_store import MetricsStore
from stream_processor.settings import Settings
from stream_processor.source import EARLIEST, read_topics
from stream_processor.supervision import BatchGuard

logger = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(hours=1)
"""How far back on Kafka to begin when there is no checkpoint."""
CLEAN_EVERY: Final = timedelta(minutes=10)


def start_metrics_query(
    session: SparkSession, settings: Settings, guard: BatchGuard
) -> StreamingQuery:
    """Go on from the checkpoint, or begin an hour back; returns once Spark has started it.

    Each micro-batch is written under `guard`.
    """
    store = MetricsStore(settings)
    checkpoint = f"{settings.checkpoint_url}/live"
    for attempt in wait_and_retry("start of the metrics query"):
        with attempt:
            offsets, first_minute = _beginning(session, settings, store, checkpoint)
    logger.info("metrics query begins", extra={"offsets": offsets, "first_minute": first_minute})
    stream = read_topics(session, settings, {TOPIC_EVENTOS: offsets})
    sink = MetricsSink(store, guard, remembered(session, checkpoint))
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
    """The groups that a micro-batch changed, with absolute values.

    The watermark is on the time of reading, so no clock of a customer or a producer and no
    partition that is behind can make an event late.
    """
    events = (
        stream.withColumn("agora", F.current_timestamp())
        .mapInArrow(partial(gather, first_minute=first_minute), COLUMNS_SCHEMA)
        .withWatermark("chegada", f"{REPEATS // timedelta(seconds=1)} seconds")
        .dropDuplicatesWithinWatermark(["id"])
    )
    window = F.window("chegada", f"{ARRIVALS // timedelta(seconds=1)} seconds")
    groups = (
        events.select("chegada", F.inline(F.array(_in_its_minute(), _activity())))
        .where("tipo IS NOT NULL")
        .groupBy(window.alias("janela"), "tipo", "minuto", "chave")
        .agg(
            F.sum("n").alias("n"),
            F.sum("unidades").alias("unidades"),
            F.sum("receita").alias("receita"),
            F.max("atividade").alias("atividade"),
            F.unix_millis(F.max("chegada")).alias("revisao"),
        )
    )
    return groups.withColumn("janela", F.unix_millis("janela.start")).select(*Group._fields)


def _in_its_minute() -> Column:
    """What an event or an order adds to its minute."""
    names = ("tipo", "minuto", "chave", "n", "unidades", "receita")
    nothing = F.lit(None).cast("long").alias("atividade")
    return F.struct(*[F.col(name) for name in names], nothing)


def _activity() -> Column:
    """That a customer was active."""
    kind = F.when(F.col("id_usuario").isNotNull(), F.lit(Kind.ACTIVITY.value))
    nothing = F.lit(0).cast("long")
    return F.struct(
        kind.alias("tipo"),
        nothing.alias("minuto"),
        F.col("id_usuario").alias("chave"),
        nothing.alias("n"),
        nothing.alias("unidades"),
        F.lit(0).cast("decimal(18,2)").alias("receita"),
        F.col("atividade"),
    )


def groups_of(table: pa.Table) -> Iterator[Group]:
    """The rows of a table with the columns of Group."""
    columns = [table[name].to_pylist() for name in Group._fields]
    return map(Group._make, zip(*columns, strict=True))


class MetricsSink:
    """Upserts what a micro-batch changed, patient while MongoDB is away."""

    def __init__(self, store: MetricsStore, guard: BatchGuard, figures: LiveFigures) -> None:
        self._store = store
        self._guard = guard
        self._figures = figures
        self._clean_at = datetime.now(UTC)

    def write(self, frame: DataFrame, _batch_id: int) -> None:
        """Write one micro-batch; the values are absolute, so a replay changes nothing.

        The customers are written each time, which shows that the query is alive.
        """
        with self._guard:
            self._write(frame)

    def _write(self, frame: DataFrame) -> None:
        now = datetime.now(UTC)
        changed = self._figures.take(groups_of(frame.toArrow()), now=now)
        documents = [minute_document(key, self._figures.minutes[key]) for key in changed]
        documents.append(active_document(self._figures.active_per_second()))
        reach("before_metrics")
        for attempt in wait_and_retry("write of live metrics"):
            with attempt:
                self._store.upsert(documents, now=now)
                self._clean(now)
        reach("after_metrics")

    def _clean(self, now: datetime) -> None:
        if now >= self._clean_at:
            self._store.remove_before(now - KEPT)
            self._clean_at = now + CLEAN_EVERY


_STATE: Final = (
    "STRUCT<n: BIGINT, unidades: BIGINT, receita: DECIMAL(28, 2), empty: BOOLEAN, "
    "atividade: BIGINT, revisao: TIMESTAMP>"
)
"""The buffers of the aggregation's functions, in their order."""
_AGGREGATION: Final = 0
"""Spark numbers a query's stateful operators from its end."""


def remembered(session: SparkSession, checkpoint: str) -> LiveFigures:
    """The figures as Spark's state has them after the last micro-batch that was committed."""
    figures = LiveFigures()
    if not _holds_files(session, f"{checkpoint}/commits"):
        return figures
    # The reader of state asks a coordinator, which Spark starts with its manager of queries.
    _ = session.streams.active
    state = session.read.format("statestore").option("operatorId", _AGGREGATION).load(checkpoint)
    groups = state.select("key.*", F.col("value").cast(_STATE).alias("value"))
    rows = groups.select(
        F.unix_millis("window.start").alias("janela"),
        "tipo",
        "minuto",
        "chave",
        "value.*",
    ).withColumn("revisao", F.unix_millis("revisao"))
    figures.take(groups_of(rows.select(*Group._fields).toArrow()), now=datetime.now(UTC))
    return figures


def _beginning(
    session: SparkSession, settings: Settings, store: MetricsStore, checkpoint: str
) -> tuple[dict[int, int], int]:
    """Offsets to begin at, and the first minute whose values are whole.

    Spark heeds the offsets only where there is no checkpoint.
    """
    topic = Topic.of(settings, TOPIC_EVENTOS)
    if _holds_files(session, f"{checkpoint}/offsets"):
        return dict.fromkeys(topic.partitions(), EARLIEST), store.first_minute()
    now = datetime.now(UTC)
    offsets = topic.at(now - LOOK_BACK)
    first_minute = first_whole_minute(now - LOOK_BACK, offsets)
    store.begin(first_minute, now=now)
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


def _holds_files(session: SparkSession, folder: str) -> bool:
    jvm, context = session.sparkContext._jvm, session.sparkContext._jsc
    path = jvm.org.apache.hadoop.fs.Path(folder)  # type: ignore[union-attr]
    files = path.getFileSystem(context.hadoopConfiguration())
    if not files.exists(path):
        return False
    return any(not status.getPath().getName().startswith(".") for status in files.listStatus(path))
