"""What runs on the executors for the warehouse query: decode a partition and stage it on S3."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.types import from_arrow_schema

from event_contracts.names import TOPIC_EVENTOS
from service_runtime.failpoints import reach
from stream_processor.decoding import Decoded, decode_eventos
from warehouse.ledger import OffsetRange
from warehouse.load import Slice
from warehouse.settings import StagingSettings
from warehouse.staging import StagedFile, StagingArea

_STAGED: Final = pa.schema(
    [
        ("partition", pa.int32()),
        ("off_from", pa.int64()),
        ("off_to", pa.int64()),
        ("n_valid", pa.int64()),
        ("n_dead", pa.int64()),
        ("events_url", pa.string()),
        ("events_size", pa.int64()),
        ("dead_url", pa.string()),
        ("dead_size", pa.int64()),
        ("oldest", pa.timestamp("us", tz="UTC")),
        ("newest", pa.timestamp("us", tz="UTC")),
    ]
)
STAGED_SCHEMA: Final = from_arrow_schema(_STAGED)


@dataclass(frozen=True, slots=True)
class StagedPart:
    """What one task read and staged; it crosses from executor to driver as one row."""

    partition: int
    off_from: int
    off_to: int
    n_valid: int
    n_dead: int
    events_url: str | None
    events_size: int | None
    dead_url: str | None
    dead_size: int | None
    oldest: datetime | None
    newest: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "StagedPart":
        """Spark hands back timestamps without a zone; the session's zone is UTC."""
        moments = {name: row[name] and _as_utc(row[name]) for name in ("oldest", "newest")}
        return cls(**{**row, **moments})

    @property
    def slice(self) -> Slice:
        """Its part of the ledger."""
        span = OffsetRange(self.partition, self.off_from, self.off_to)
        return Slice(span, self.n_valid, self.n_dead)

    @property
    def events_file(self) -> StagedFile | None:
        """Its rows of `eventos_clientes`, if it has any."""
        return _file(self.events_url, self.events_size)

    @property
    def dead_file(self) -> StagedFile | None:
        """Its dead letters, if it has any."""
        return _file(self.dead_url, self.dead_size)


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _file(url: str | None, size: int | None) -> StagedFile | None:
    return StagedFile(url, size) if url and size else None


def stage_part(
    batches: Iterable[pa.RecordBatch], settings: StagingSettings, folder: str
) -> Iterator[pa.RecordBatch]:
    """Decode and stage the records of one task; yields one row, or none where it read nothing.

    File names are new at every attempt, so that a task which runs twice leaves an orphan rather
    than a file that changes under a COPY.
    """
    reach("before_staging")
    decoded: list[Decoded] = []
    partition, offsets = 0, []
    for batch in batches:
        if batch.num_rows:
            partition = batch.column("partition")[0].as_py()
            offsets += batch.column("offset").to_pylist()
            decoded.append(decode_eventos(batch, topic=TOPIC_EVENTOS))
    if offsets:
        area = _staging_area(settings)
        whole = Decoded(
            rows=pa.concat_tables(part.rows for part in decoded),
            dead=pa.concat_tables(part.dead for part in decoded),
        )
        part = _stage(area, whole, f"{folder}/{partition}-{uuid4()}", partition, offsets)
        yield pa.RecordBatch.from_pylist([asdict(part)], schema=_STAGED)


@lru_cache(maxsize=1)
def _staging_area(settings: StagingSettings) -> StagingArea:
    """One S3 client for the life of a Python worker, which Spark uses again and again."""
    return StagingArea(settings)


def _stage(
    area: StagingArea, decoded: Decoded, name: str, partition: int, offsets: list[int]
) -> StagedPart:
    events = dead = None
    if decoded.rows.num_rows:
        events = area.write_table(decoded.rows, f"{name}-eventos.parquet")
    reach("half_staged")
    if decoded.dead.num_rows:
        dead = area.write_table(decoded.dead, f"{name}-rejeitados.parquet")
    moments = pc.min_max(decoded.rows["timestamp"].cast(pa.timestamp("us", tz="UTC")))
    return StagedPart(
        partition=partition,
        off_from=min(offsets),
        off_to=max(offsets) + 1,
        n_valid=decoded.rows.num_rows,
        n_dead=decoded.dead.num_rows,
        events_url=events.url if events else None,
        events_size=events.size if events else None,
        dead_url=dead.url if dead else None,
        dead_size=dead.size if dead else None,
        oldest=moments["min"].as_py(),
        newest=moments["max"].as_py(),
    )
