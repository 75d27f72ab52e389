"""A query whose micro-batches are written one by one, each with the offsets planned for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from stream_processor.planned_ranges import TemporaryCheckpoint, TopicOffsets
from stream_processor.supervision import BatchGuard
from warehouse.ledger import OffsetRange

Write: TypeAlias = Callable[[DataFrame, int, Sequence[OffsetRange]], None]
"""What writes a micro-batch: its rows, its number and the ranges that Spark planned for it."""


@dataclass(frozen=True, slots=True)
class MicroBatches:
    """How a query that needs no checkpoint is cut: from the offsets `first`, every `seconds`."""

    query: str
    first: TopicOffsets
    seconds: float
    guard: BatchGuard
    """Held while a batch is written."""

    def start(self, frame: DataFrame, write: Write) -> StreamingQuery:
        """Returns once Spark has started the query."""
        checkpoint = TemporaryCheckpoint(self.query, self.first)

        def write_guarded(batch: DataFrame, number: int) -> None:
            with self.guard:
                write(batch, number, checkpoint.ranges(number))

        return (
            frame.writeStream.queryName(self.query)
            .foreachBatch(write_guarded)
            .option("checkpointLocation", checkpoint.url)
            .trigger(processingTime=f"{self.seconds} seconds")
            .start()
        )
