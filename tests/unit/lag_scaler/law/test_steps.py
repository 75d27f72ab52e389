"""Which numbers of consumers differ in what they do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lag_scaler.law.steps import fitting, speed

SOME = st.integers(min_value=1, max_value=300)


@pytest.mark.parametrize(
    ("need", "partitions", "expected"),
    [
        pytest.param(12.0, 24, 12, id="as many as needed"),
        pytest.param(12.1, 24, 24, id="13 to 23 would do what 12 do"),
        pytest.param(8.5, 24, 12, id="9 to 11 would do what 8 do"),
        pytest.param(4.5, 24, 5, id="5 do a little more than 4"),
        pytest.param(22.0, 24, 24, id="exactly the partitions"),
        pytest.param(90.0, 24, 24, id="no more than the partitions"),
        pytest.param(0.1, 24, 1, id="one at least for any need"),
        pytest.param(0.0, 24, 0, id="none for no need"),
        pytest.param(3.0, 0, 0, id="no partitions"),
        pytest.param(2.0, 3, 3, id="2 of 3 do what one and a half do"),
    ],
)
def test_fitting(need: float, partitions: int, expected: int) -> None:
    assert fitting(need, partitions) == expected


@given(need=st.floats(min_value=0.01, max_value=400), partitions=SOME)
def test_what_fits_is_enough_and_one_fewer_is_not(need: float, partitions: int) -> None:
    found = fitting(need, partitions)
    assert speed(found, partitions) >= min(need, partitions) - 1e-6
    assert speed(found - 1, partitions) < need


@given(consumers=SOME, partitions=SOME)
def test_more_consumers_are_never_slower(consumers: int, partitions: int) -> None:
    assert speed(consumers, partitions) <= speed(consumers + 1, partitions) <= partitions
