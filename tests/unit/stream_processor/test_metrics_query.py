"""Where the metrics query begins."""

from datetime import UTC, datetime

import pytest

from stream_processor.metrics_query import first_whole_minute

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
