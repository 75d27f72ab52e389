"""The pauses between attempts."""

import pytest

from stock_alerts.repeat import pause_after


@pytest.mark.parametrize(
    ("failures", "every", "at_most", "expected"),
    [
        (0, 5.0, 300.0, 5.0),
        (1, 5.0, 300.0, 10.0),
        (4, 5.0, 300.0, 80.0),
        (9, 5.0, 300.0, 300.0),
        (10_000, 5.0, 300.0, 300.0),
        (3, 30.0, 10.0, 30.0),
    ],
)
def test_pauses_double(failures: int, every: float, at_most: float, expected: float) -> None:
    assert pause_after(failures, every=every, at_most=at_most) == expected
