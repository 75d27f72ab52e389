"""A histogram of counts is nearly that of every single event."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_runtime.age_histogram import aged
from stream_processor.event_ages import count_ages

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOUNDS = (1, 10, 100)
OLDEST = 7 * 86_400.0


def moments(ages: list[float]) -> pa.ChunkedArray:
    naive = [AT.replace(tzinfo=None) - timedelta(seconds=age) for age in ages]
    return pa.chunked_array([pa.array(naive, pa.timestamp("us"))])


@pytest.mark.parametrize(
    ("ages", "seconds", "counts"),
    [
        pytest.param([0.2, 5, 50, 500], 0, [1, 1, 1, 1], id="one in each bucket"),
        pytest.param([0.2, 5, 50, 500], 8, [0, 1, 2, 1], id="the batch took eight seconds"),
        pytest.param([-200, 0], 0.5, [2, 0, 0, 0], id="dated ahead counts as new"),
        pytest.param([20 * OLDEST], 0, [0, 0, 0, 1], id="very old"),
        pytest.param([5.0] * 10_000, 0, [0, 10_000, 0, 0], id="many"),
        pytest.param([5.0], -3, [0, 1, 0, 0], id="a clock that was set back"),
    ],
)
def test_each_event_is_in_one_bucket(ages: list[float], seconds: float, counts: list[int]) -> None:
    found = aged(count_ages(moments(ages), at=AT), seconds=seconds, bounds=BOUNDS)
    assert found.counts == counts


def test_what_is_older_than_the_oldest_class_does_not_make_the_sum_useless() -> None:
    found = aged(count_ages(moments([20 * OLDEST]), at=AT), seconds=1, bounds=BOUNDS)
    assert found.total == found.smallest == found.largest == OLDEST + 1


@given(
    st.lists(st.floats(0.01, OLDEST), min_size=1, max_size=60),
    st.floats(0, 100, allow_subnormal=False),
)
def test_it_is_right_within_four_percent(ages: list[float], seconds: float) -> None:
    found = aged(count_ages(moments(ages), at=AT), seconds=seconds, bounds=BOUNDS)
    exact = np.array(ages) + seconds
    assert sum(found.counts) == len(ages)
    assert found.total == pytest.approx(exact.sum(), rel=0.04)
    assert found.smallest == pytest.approx(exact.min(), rel=0.04)
    assert found.largest == pytest.approx(exact.max(), rel=0.04)
    for place, bound in enumerate(BOUNDS):
        below = sum(found.counts[: place + 1])
        assert (exact <= bound / 1.04).sum() <= below <= (exact <= bound * 1.04).sum()


def test_no_rows_have_no_ages() -> None:
    assert not any(count_ages(moments([]), at=AT))
