"""Which traces of a batch are kept."""

from random import Random

import pyarrow as pa
import pytest

from stream_processor.traced_records import (
    MOST_TRACES,
    TracedRecord,
    one_of_each_trace,
    sampled_traces,
)

SPAN = "00f067aa0ba902b7"


def header(trace: int, *, flags: str = "01", span: str = SPAN) -> bytes:
    return f"00-{trace:032x}-{span}-{flags}".encode()


def batch(headers: list[bytes | None], *, first: int = 0) -> pa.RecordBatch:
    offsets = range(first, first + len(headers))
    columns = [pa.array(headers, pa.binary()), pa.array(offsets, pa.int64())]
    return pa.RecordBatch.from_arrays(columns, ["traceparent", "offset"])


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        pytest.param(header(1), True, id="sampled"),
        pytest.param(header(1, flags="03"), True, id="sampled, and a flag of later versions"),
        pytest.param(header(1, flags="00"), False, id="not sampled"),
        pytest.param(header(1, flags="02"), False, id="not sampled, with another flag"),
        pytest.param(None, False, id="no header"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b"\xff" * 55, False, id="no text"),
        pytest.param(header(1) + b"\n", False, id="a line more"),
        pytest.param(header(0xAB).upper(), False, id="upper case"),
        pytest.param(b"01" + header(1)[2:] + b"-x", False, id="another version"),
    ],
)
def test_only_a_well_formed_header_of_a_sampled_span_counts(
    value: bytes | None, is_kept: bool
) -> None:
    kept = [value] if value and is_kept else []
    assert sampled_traces([batch([None, value])]) == {
        "traceparents": [each.decode() for each in kept],
        "traced_offsets": [1 for _ in kept],
    }


def test_the_first_record_of_a_trace_is_kept_over_all_batches() -> None:
    later = header(7, span="1" * 16)
    found = sampled_traces(
        [batch([None, header(7)], first=10), batch([later, header(3)], first=12)]
    )
    assert dict(zip(found["traced_offsets"], found["traceparents"], strict=True)) == {
        11: header(7).decode(),
        13: header(3).decode(),
    }


def test_tasks_together_keep_what_one_task_would() -> None:
    random = Random(3)
    ids = [random.getrandbits(128) for _ in range(500)]
    of_one = sampled_traces([batch([header(trace) for trace in ids])])
    assert len(of_one["traceparents"]) == MOST_TRACES
    of_many = [
        TracedRecord("eventos", partition, offset, traceparent)
        for partition in range(5)
        for found in [sampled_traces([batch([header(trace) for trace in ids[partition::5]])])]
        for offset, traceparent in zip(*reversed(found.values()), strict=True)
    ]
    kept = {record.trace_id for record in one_of_each_trace([*of_many, *of_many])}
    assert kept == {f"{trace:032x}" for trace in sorted(ids)[:MOST_TRACES]}
    assert kept == {traceparent[3:35] for traceparent in of_one["traceparents"]}
