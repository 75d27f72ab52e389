"""What runs on the executors for the warehouse query: decode a partition and stage it on S3."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from service_runtime.failpoints import hit_failpoint
from stream_processor.decoding import DecodeBatch
from stream_processor.event_ages import count_ages
from stream_processor.traced_records import TRACEPARENT, TracedRecord, sampled_traces
from warehouse.feeds import feed_of
from warehouse.feeds.feed import Bounds
from warehouse.settings import StagingSettings
from warehouse.staging import StagedFile, StagingArea

STAGED_SCHEMA: Final = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("n_valid", pa.int64()),
        ("n_dead", pa.int64()),
        ("rows_url", pa.string()),
        ("rows_size", pa.int64()),
        ("dead_url", pa.string()),
        ("dead_size", pa.int64()),
        ("oldest", pa.timestamp("us")),
        ("newest", pa.timestamp("us")),
        ("ages", pa.list_(pa.int64())),
        ("traceparents", pa.list_(pa.string())),
        ("traced_offsets", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True, slots=True)
class StagedPart:
    """What one task read of one partition and staged; it crosses to the driver as one row."""

    topic: str
    partition: int
    n_valid: int
    n_dead: int
    rows_url: str | None = None
    rows_size: int | None = None
    dead_url: str | None = None
    dead_size: int | None = None
    oldest: datetime | None = None
    newest: datetime | None = None
    ages: Sequence[int] = ()
    """Of its rows, by `count_ages`; empty where no metrics are exported."""
    traceparents: Sequence[str] = ()
    """Of some traces of its records; empty where no spans are exported."""
    traced_offsets: Sequence[int] = ()
    """A record of each of these traces."""

    @property
    def rows_file(self) -> StagedFile | None:
        """Its rows of the topic's table, if it has any."""
        return _file(self.rows_url, self.rows_size)

    @property
    def dead_file(self) -> StagedFile | None:
        """Its dead letters, if it has any."""
        return _file(self.dead_url, self.dead_size)

    @property
    def bounds(self) -> Bounds | None:
        """The oldest and newest moment of its rows; they are UTC and crossed without a zone."""
        if self.oldest is None or self.newest is None:
            return None
        return Bounds(self.oldest.replace(tzinfo=UTC), self.newest.replace(tzinfo=UTC))

    @property
    def traced(self) -> list[TracedRecord]:
        """A record of each of some traces."""
        found = zip(self.traced_offsets, self.traceparents, strict=True)
        return [TracedRecord(self.topic, self.partition, *each) for each in found]


def _file(url: str | None, size: int | None) -> StagedFile | None:
    return StagedFile(url, size) if url and size else None


def stage_part(
    batches: Iterable[pa.RecordBatch],
    settings: StagingSettings,
    folder: str,
    decoders: Mapping[str, DecodeBatch],
    ages_at: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """Decode and stage the records of one task; yields one row, or none where it read nothing.

    `decoders` has one for each topic that occurs. No batch is empty. Ages of rows are counted if
    `ages_at` is given, traces are found if the batches have their column.

    File names are new at every attempt, so that a task which runs twice leaves an orphan rather
    than a file that changes under a COPY.
    """
    hit_failpoint("before_staging")
    topic, partition, rows, dead, traced = "", 0, [], [], []
    for batch in batches:
        topic, partition = batch.column("topic")[0].as_py(), batch.column("partition")[0].as_py()
        decoded = decoders[topic](batch)
        rows.append(decoded.rows)
        dead.append(decoded.dead)
        if TRACEPARENT in batch.schema.names:
            traced.append(batch.select([TRACEPARENT, "offset"]))
    if topic:
        name = f"{folder}/{topic}-{partition}-{uuid4()}"
        read = pa.concat_tables(rows), pa.concat_tables(dead)
        part = _stage(_staging_area(settings), *read, name=name, source=(topic, partition))
        moments = read[0].column(feed_of(topic).event_time)
        found: dict[str, Any] = {"ages": count_ages(moments, at=ages_at)} if ages_at else {}
        found |= sampled_traces(traced) if traced else {}
        yield pa.RecordBatch.from_pylist([asdict(part) | found], schema=STAGED_SCHEMA)


@lru_cache(maxsize=1)
def _staging_area(settings: StagingSettings) -> StagingArea:
    """One S3 client for the life of a Python worker, which Spark uses again and again."""
    return StagingArea(settings)


def _stage(
    area: StagingArea, rows: pa.Table, dead: pa.Table, *, name: str, source: tuple[str, int]
) -> StagedPart:
    topic, partition = source
    found: dict[str, Any] = {"n_valid": rows.num_rows, "n_dead": dead.num_rows}
    if rows.num_rows:
        file = area.write_table(rows, f"{name}-registros.parquet")
        bounds = pc.min_max(rows.column(feed_of(topic).event_time))
        found |= {"rows_url": file.url, "rows_size": file.size}
        found |= {"oldest": bounds["min"].as_py(), "newest": bounds["max"].as_py()}
    hit_failpoint("half_staged")
    if dead.num_rows:
        file = area.write_table(dead, f"{name}-rejeitados.parquet")
        found |= {"dead_url": file.url, "dead_size": file.size}
    return StagedPart(topic, partition, **found)
