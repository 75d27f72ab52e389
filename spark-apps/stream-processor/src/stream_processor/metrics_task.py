"""What runs on the executors for the metrics query: gather a partition, then update state.

Rows that cross the shuffle are few: one per partition and minute, with its events packed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import pandas as pd
import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.streaming.state import GroupState

from event_contracts.evento import decode_evento
from event_contracts.names import TOPIC_EVENTOS
from stream_processor.metrics import (
    ACTIVITY,
    MINUTE,
    ActivityState,
    MinuteState,
    PartitionDelta,
    Sighting,
    as_moment,
)
from stream_processor.metrics_documents import document_of
from stream_processor.rows import records

STATE_SCHEMA: Final = "estado BINARY"
CHANGE_SCHEMA: Final = "documento BINARY"

_DELTA: Final = pa.schema(
    [
        ("particao", pa.int32()),
        ("minuto", pa.int64()),
        ("ate", pa.timestamp("us", tz="UTC")),
        ("delta", pa.binary()),
    ]
)
DELTA_SCHEMA: Final = from_arrow_schema(_DELTA)
_SIGHTINGS: Final = msgspec.msgpack.Decoder(list[Sighting])
_LATEST: Final = msgspec.msgpack.Decoder(dict[str, int])
_MINUTE_STATE: Final = msgspec.msgpack.Decoder(MinuteState)
_ACTIVITY_STATE: Final = msgspec.msgpack.Decoder(ActivityState)
_ENCODE: Final = msgspec.msgpack.encode


def gather(batches: Iterable[pa.RecordBatch], first_minute: int) -> Iterator[pa.RecordBatch]:
    """Pack the valid events of one task by minute; those before `first_minute` are left out.

    `ate`, the newest event of the packed row, carries the watermark.
    """
    delta: PartitionDelta | None = None
    for batch in batches:
        for record in records(batch):
            decoded = decode_evento(record.value, received_at=record.received_at)
            if isinstance(decoded, list):
                continue
            delta = delta or PartitionDelta(record.partition)
            delta.add(decoded, topic=TOPIC_EVENTOS, offset=record.offset)
    if delta:
        yield _packed(delta, first_minute)


def _packed(delta: PartitionDelta, first_minute: int) -> pa.RecordBatch:
    newest = max(delta.latest.values())
    rows: list[tuple[Any, ...]] = [
        (delta.partition, ACTIVITY, as_moment(newest), _ENCODE(delta.latest))
    ]
    rows += [
        (delta.partition, minute, as_moment(minute + MINUTE - 1), _ENCODE(sightings))
        for minute, sightings in delta.minutes.items()
        if minute >= first_minute
    ]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, k) for c, k in zip(columns, _DELTA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_DELTA)


def update(
    key: tuple[int, int], frames: Iterator[pd.DataFrame], state: GroupState
) -> Iterator[pd.DataFrame]:
    """Merge a micro-batch into the state of one partition and minute; yields its document.

    A minute that the watermark has closed is forgotten. What MongoDB holds of it stays.
    """
    if state.hasTimedOut:
        state.remove()
        return
    partition, minute = int(key[0]), int(key[1])
    deltas = [bytes(delta) for frame in frames for delta in frame["delta"]]
    merged = merge(minute, bytes(state.get[0]) if state.exists else None, deltas)
    state.update((_ENCODE(merged),))
    if minute != ACTIVITY:
        state.setTimeoutTimestamp(closing_ms(minute, state.getCurrentWatermarkMs()))
    document = _ENCODE(document_of(partition, minute, merged))
    yield pd.DataFrame({"documento": [document]})


def closing_ms(minute: int, watermark_ms: int) -> int:
    """When to forget a minute: a little after the watermark has begun to drop its late rows."""
    return max((minute + 2 * MINUTE) * 1000, watermark_ms + 1000)


def merge(minute: int, before: bytes | None, deltas: list[bytes]) -> MinuteState | ActivityState:
    """The state after a micro-batch's packed deltas."""
    if minute == ACTIVITY:
        activity = _ACTIVITY_STATE.decode(before) if before else ActivityState()
        for delta in deltas:
            activity.add(_LATEST.decode(delta))
        return activity
    state = _MINUTE_STATE.decode(before) if before else MinuteState()
    for delta in deltas:
        state.add(_SIGHTINGS.decode(delta))
    return state
