"""Where the figures query begins."""

from datetime import UTC, datetime

import pytest

from stream_processor.figures_query import first_whole_minute, goes_on

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
