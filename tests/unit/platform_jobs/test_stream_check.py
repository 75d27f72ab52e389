"""When a partition is behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_jobs.stream_check import Behind, behind_of

KEY = ("eventos_clientes", 0)


@pytest.mark.parametrize(
    ("expected", "first", "done", "behind"),
    [
        pytest.param(0, 0, None, None, id="nothing was ever sent"),
        pytest.param(7, 7, None, None, id="all that was sent is forgotten by Kafka"),
        pytest.param(7, 3, None, 3, id="the ledger knows nothing of what Kafka holds"),
        pytest.param(7, 3, 7, None, id="all is done"),
        pytest.param(7, 3, 9, None, id="what is newer is done too"),
        pytest.param(7, 3, 6, 6, id="one record is missing"),
        pytest.param(7, None, None, None, id="it was added while Kafka was asked"),
        pytest.param(7, None, 6, 6, id="it was added then, and the ledger knows it already"),
    ],
)
def test_a_partition(
    expected: int, first: int | None, done: int | None, behind: int | None
) -> None:
    found = behind_of({KEY: expected}, first=_known(first), done=_known(done))
    line = Behind(*KEY, done_to=behind or 0, expected_to=expected)
    assert found == ([] if behind is None else [line])


def _known(offset: int | None) -> dict[tuple[str, int], int]:
    return {} if offset is None else {KEY: offset}


@given(st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), st.integers(0, 9)))
def test_a_ledger_at_the_ends_is_never_behind(ends: dict[tuple[str, int], int]) -> None:
    assert behind_of(ends, first=dict.fromkeys(ends, 0), done=ends) == []
