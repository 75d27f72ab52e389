"""The Kafka topic as a stream, from offsets that are always named."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Final

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_runtime.kafka import connection_options
from stream_processor.settings import Settings
from stream_processor.traced_records import TRACEPARENT
from warehouse.ledger import OffsetRange

_COLUMNS: Final = ("topic", "key", "value", "partition", "offset", "timestamp")


def read_topics(
    session: SparkSession,
    settings: Settings,
    offsets: Mapping[str, Mapping[int, int]],
    *,
    with_traces: bool = False,
) -> DataFrame:
    """Columns topic, key, value, partition, offset, timestamp (Kafka's own) of every topic named,
    and the header TRACEPARENT if asked for, since reading headers takes time.

    Only what is committed is read. Offsets that Kafka no longer holds fail the query: data was
    lost, and somebody must know.
    """
    connection = connection_options(settings.kafka_bootstrap_servers, settings)
    begin = {topic: {str(n): o for n, o in found.items()} for topic, found in offsets.items()}
    return (
        session.readStream.format("kafka")
        .options(**connection)
        .option("kafka.isolation.level", "read_committed")
        .option("kafka.max.poll.records", 10_000)
        .option("kafka.max.partition.fetch.bytes", 8 * 2**20)
        .option("subscribe", ",".join(offsets))
        .option("startingOffsets", json.dumps(begin))
        .option("failOnDataLoss", "true")
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .option("includeHeaders", with_traces)
        .load()
        .select(*_COLUMNS, *([_traceparent()] if with_traces else []))
    )


def _traceparent() -> Column:
    """Null where there is none. Not a text, since a sender may put any bytes."""
    named = F.filter("headers", lambda header: header["key"] == TRACEPARENT)
    return F.get(named, 0)["value"].alias(TRACEPARENT)


def within(ranges: Iterable[OffsetRange]) -> Column:
    """Whether a record lies in one of the ranges, of which there is at least one."""
    return reduce(or_, map(_in_range, ranges))


def _in_range(span: OffsetRange) -> Column:
    return (
        (F.col("topic") == span.topic)
        & (F.col("partition") == span.partition)
        & F.col("offset").between(span.off_from, span.off_to - 1)
    )
