"""Some of the traces that a batch of records belongs to: all that are sampled, if they are few.

If there are more, those of the smallest trace ids are kept. Ids are random, so this is a random
choice, and tasks can make it one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

TRACEPARENT: Final = "traceparent"
"""The Kafka header, and the column of its bytes."""
MOST_TRACES: Final = 32
"""Of a task and of a batch."""
_SAMPLED: Final = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$"
_TRACE_ID: Final = slice(3, 35)


@dataclass(frozen=True, slots=True)
class TracedRecord:
    """The first record of a trace in a partition, with its header."""

    topic: str
    partition: int
    offset: int
    traceparent: str

    @property
    def trace_id(self) -> str:
        """The trace id in hexadecimal digits."""
        return self.traceparent[_TRACE_ID]


def sampled_traces(batches: Sequence[pa.RecordBatch]) -> dict[str, list[Any]]:
    """The first record of each trace as columns `traceparents` and `traced_offsets`; the batches
    have the columns traceparent and offset.

    A header may hold anything, so it is bytes until it is known to be well-formed.
    """
    records = pa.Table.from_batches(batches)
    sampled = records.filter(pc.match_substring_regex(records[TRACEPARENT], _SAMPLED))
    ids = pc.binary_slice(sampled[TRACEPARENT], _TRACE_ID.start, _TRACE_ID.stop)
    grouped = sampled.append_column("trace", ids).group_by("trace", use_threads=False)
    first = grouped.aggregate([(TRACEPARENT, "first"), ("offset", "first")])
    order = [("trace", "ascending")]
    chosen = first.take(pc.select_k_unstable(first, MOST_TRACES, order))
    return {
        "traceparents": chosen[f"{TRACEPARENT}_first"].cast(pa.string()).to_pylist(),
        "traced_offsets": chosen["offset_first"].to_pylist(),
    }


def one_of_each_trace(records: Iterable[TracedRecord]) -> list[TracedRecord]:
    """One record of each trace, of at most MOST_TRACES."""
    by_trace = {record.trace_id: record for record in records}
    return [by_trace[trace] for trace in nsmallest(MOST_TRACES, by_trace)]
