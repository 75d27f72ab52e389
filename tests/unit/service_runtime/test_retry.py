"""How long is waited, what is tried again, and what the log says of it."""

import logging
from collections.abc import Iterator
from itertools import pairwise

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import (
    FIRST_WAIT,
    LOG_EVERY_SECONDS,
    LONGEST_WAIT,
    backoff,
    is_to_be_logged,
    pause_after,
    wait_and_retry,
)


@pytest.fixture
def _without_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1_000):
        yield


def try_until(failures: list[Exception], *, timeout: float | None = None) -> int:
    """Fail with each of these in turn; the number of attempts."""
    attempts = 0
    for attempt in wait_and_retry("a store", timeout=timeout):
        with attempt:
            attempts += 1
            if failures:
                raise failures.pop(0)
    return attempts


@pytest.mark.usefixtures("_without_waits")
def test_what_passes_is_waited_out() -> None:
    assert try_until([TransientError("away")] * 500) == 501


@pytest.mark.usefixtures("_without_waits")
@pytest.mark.parametrize("error", [PermanentError("wrong"), ValueError("a bug")])
def test_what_does_not_pass_is_let_through_at_once(error: Exception) -> None:
    failures = [TransientError("away"), error, TransientError("never reached")]
    with pytest.raises(type(error), match=str(error)):
        try_until(failures)
    assert len(failures) == 1


def test_after_the_timeout_the_outage_is_let_through() -> None:
    with pytest.raises(TransientError, match="away"):
        try_until([TransientError("away")] * 100, timeout=0.01)


@pytest.mark.usefixtures("_without_waits")
def test_the_log_names_what_and_why_and_no_arguments(caplog: pytest.LogCaptureFixture) -> None:
    try_until([TransientError("kafka: no broker")])
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "a store: waiting to try again"
    told = {k: v for k, v in vars(record).items() if k in {"error", "wait_seconds"}}
    assert told == {"error": "kafka: no broker", "wait_seconds": 0.0}
    assert not any(name.startswith("stamina") for name in vars(record))


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, FIRST_WAIT), (2, 0.4), (5, 3.2), (6, 5.0), (10**9, LONGEST_WAIT)]
)
def test_each_wait_is_longer_up_to_the_longest(failures: int, seconds: float) -> None:
    assert backoff(failures) == seconds


@given(st.lists(st.floats(0.1, LONGEST_WAIT), min_size=1, max_size=2_000))
def test_an_outage_of_any_length_makes_a_line_a_minute(waits: list[float]) -> None:
    waited, told = 0.0, []
    for wait in waits:
        if is_to_be_logged(waited=waited, wait=wait):
            told.append(waited)
        waited += wait
    assert told[0] == 0.0
    assert len(told) <= waited / LOG_EVERY_SECONDS + 2
    gaps = [later - earlier for earlier, later in pairwise([*told, waited])]
    assert max(gaps) <= LOG_EVERY_SECONDS + 2 * LONGEST_WAIT


@pytest.mark.parametrize(
    ("failures", "every", "max_pause", "expected"),
    [
        pytest.param(0, 0.5, 5.0, 0.5, id="while the store answers"),
        pytest.param(1, 0.5, 5.0, 1.0, id="twice as long after a failure"),
        pytest.param(3, 0.5, 5.0, 4.0, id="and after each further one"),
        pytest.param(4, 0.5, 5.0, 5.0, id="never longer than the bound"),
        pytest.param(1_000_000, 0.5, 5.0, 5.0, id="after days of an outage"),
        pytest.param(9, 60.0, 5.0, 60.0, id="never sooner than usual"),
        pytest.param(0, 5.0, 300.0, 5.0, id="5 s"),
        pytest.param(1, 5.0, 300.0, 10.0, id="10 s"),
        pytest.param(4, 5.0, 300.0, 80.0, id="80 s"),
        pytest.param(9, 5.0, 300.0, 300.0, id="5 min"),
        pytest.param(10_000, 5.0, 300.0, 300.0, id="5 min after days"),
        pytest.param(3, 30.0, 10.0, 30.0, id="a bound below the interval"),
    ],
)
def test_the_pause_after_failures(
    failures: int, every: float, max_pause: float, expected: float
) -> None:
    assert pause_after(failures, every=every, max_pause=max_pause) == expected
