"""Where the figures query begins, and what it writes first."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from tests.support.live_events import dated, sale, take

from stream_processor.counting_task import EVENTS
from stream_processor.enrichment import Enrichment
from stream_processor.figures_query import Beginning, FiguresSink, first_whole_minute, goes_on
from stream_processor.live_figures import LiveFigures

NOON = int(datetime(2025, 5, 14, 12, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        pytest.param({0: 0, 1: 0}, 0, id="a topic read from its start misses nothing"),
        pytest.param({0: 0, 1: 9}, NOON + 360, id="else the first minute after what may be ahead"),
    ],
)
def test_first_whole_minute(offsets: dict[int, int], expected: int) -> None:
    since = datetime.fromtimestamp(NOON + 17, UTC)
    assert first_whole_minute(since, offsets) == expected


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param({0: 5, 1: 9}, True, id="within the last hour"),
        pytest.param({0: 5}, True, id="a partition was added since"),
        pytest.param({0: 4, 1: 9}, False, id="older than an hour"),
        pytest.param({0: 5, 1: 10}, False, id="the topic was made anew"),
        pytest.param({0: 5, 1: 9, 2: 0}, False, id="the topic had more partitions"),
    ],
)
def test_whether_figures_can_go_on(positions: dict[int, int], expected: bool) -> None:
    assert goes_on(positions, oldest={0: 5, 1: 0}, ends={0: 8, 1: 9}) is expected


class Batch:
    """A micro-batch with one task."""

    def __init__(self, event: dict[str, Any], second: int) -> None:
        self.partition, self.read_until = 0, second
        table = pa.Table.from_pylist([event | {"chegada": second}], EVENTS)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        self.events = sink.getvalue().to_pybytes()

    def collect(self) -> list["Batch"]:
        return [self]


class Written:
    """The documents, and no snapshots."""

    def __init__(self) -> None:
        self.minutes: dict[int, int] = {}

    def upsert(self, documents: Iterable[dict[str, Any]], *, now: datetime) -> None:
        assert now.tzinfo is UTC
        told = [d for d in documents if d["tipo"] == "minuto"]
        self.minutes |= {int(d["minuto"].timestamp()): d["unidades"] for d in told}

    def remove_before(self, _minuto: datetime) -> None:
        pass

    def save(self, *_what: object) -> None:
        pass


def test_a_restart_leaves_minutes_that_are_out_of_the_window_as_they_are() -> None:
    now = datetime.now(UTC)
    second = int(now.timestamp())
    old, recent = second - 4000, second - 600
    figures, written = LiveFigures(), Written()
    before = now - timedelta(minutes=20)
    take(figures, dated(sale("a"), old), dated(sale("b"), recent), now=before)
    beginning = Beginning(figures, {0: 0}, 0, hold={})
    profiles: Any = None
    stores: Any = written
    enrichment = Enrichment(profiles, stores)
    batch: Any = Batch(dated(sale("c", units=2), recent), second)
    FiguresSink(stores, stores, beginning, enrichment).write(batch, 0, [])
    assert written.minutes == {recent // 60 * 60: 3}
