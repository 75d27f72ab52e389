from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_runtime.errors import PermanentError
from service_runtime.executor_request import ExecutorAnswer, wanted_executors

NOW = datetime(2026, 11, 27, 20, tzinfo=UTC)
ANSWER = ExecutorAnswer(requested=3, running=2, message="3 asked for, 2 running.", at=NOW)


def test_nobody_has_asked() -> None:
    assert wanted_executors({}) is None
    assert wanted_executors(ANSWER.to_data()) is None


@pytest.mark.parametrize("text", ["", "0", "-1", "2.0", "two", "٣", " 2"])
def test_what_is_no_number_of_executors_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="no whole number of at least 1"):
        wanted_executors({"wanted": text})


@given(st.integers(1, 10_000))
def test_a_number(count: int) -> None:
    assert wanted_executors({"wanted": str(count)}) == count


def test_an_answer_is_read_as_it_was_written() -> None:
    assert ANSWER.to_data() == {
        "requested": "3",
        "running": "2",
        "message": "3 asked for, 2 running.",
        "answeredAt": "2026-11-27T20:00:00+00:00",
    }
    assert ExecutorAnswer.of(ANSWER.to_data() | {"wanted": "3"}) == ANSWER


def test_no_driver_has_answered() -> None:
    assert ExecutorAnswer.of({"wanted": "3"}) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"running": "many"}, id="no number"),
        pytest.param({"answeredAt": "yesterday"}, id="no moment"),
        pytest.param({"answeredAt": "2026-11-27T20:00:00"}, id="no time zone"),
    ],
)
def test_what_no_driver_wrote_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(PermanentError, match="not the answer of a driver"):
        ExecutorAnswer.of(ANSWER.to_data() | change)


def test_half_an_answer_is_refused() -> None:
    half = ANSWER.to_data()
    del half["requested"]
    with pytest.raises(PermanentError, match="requested"):
        ExecutorAnswer.of(half)
