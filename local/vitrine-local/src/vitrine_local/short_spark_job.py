"""A job that makes Spark load what most jobs need: a query, Python workers and a stream."""

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession


def _same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def _add_up(rows: DataFrame, _batch_id: int = 0) -> None:
    rows.selectExpr("value AS id").mapInArrow(_same, "id long").groupBy("id").count().collect()


def start_session(master: str) -> SparkSession:
    """A session for little data."""
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    return builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()


def run(session: SparkSession) -> None:
    """Ends after one batch of the stream."""
    _add_up(session.range(1000).selectExpr("id AS value"))
    stream = session.readStream.format("rate").load()
    stream.writeStream.foreachBatch(_add_up).trigger(availableNow=True).start().awaitTermination()


def main() -> None:
    """Run it in this process."""
    session = start_session("local[2]")
    run(session)
    session.stop()


if __name__ == "__main__":
    main()
