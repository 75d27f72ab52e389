from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_poller.schedule import (
    FAILURES_TO_OPEN,
    LONGEST_ASKED_WAIT,
    LONGEST_COOLDOWN,
    LONGEST_WAIT,
    Breaker,
    Next,
    State,
    Turn,
    after_failure,
    limit_wait,
    next_turn,
    retry_after,
    until_next,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="with blanks"),
        pytest.param("Mon, 02 Mar 2026 12:00:30 GMT", 30.0, id="a date"),
        pytest.param("Monday, 02-Mar-26 12:00:30 GMT", 30.0, id="an old form of a date"),
        pytest.param("Mon, 02 Mar 2026 11:00:00 GMT", 0.0, id="a date that is over"),
        pytest.param("99999999", LONGEST_ASKED_WAIT, id="years"),
        pytest.param("Mon, 02 Mar 2099 12:00:00 GMT", LONGEST_ASKED_WAIT, id="years, as a date"),
        pytest.param("-3", None, id="below zero"),
        pytest.param("soon", None, id="neither"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


DATES = st.from_regex(r"\A(Mon, )?\d{1,3} (Mar|Xxx) \d{1,9} \d\d:\d\d:\d\d ([+-]\d{1,9}|GMT|)\Z")


@given(st.text() | DATES)
def test_no_retry_after_breaks_it(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_ASKED_WAIT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, 0.0, id="none"),
        pytest.param(
            {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1500"}, 1.5, id="milliseconds"
        ),
        pytest.param({"x-rate-limit-remaining": "3", "x-rate-limit-reset": "1500"}, 0.0, id="left"),
        pytest.param({"ratelimit-remaining": "0", "ratelimit-reset": "4"}, 4.0, id="seconds"),
        pytest.param(
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int((NOW + timedelta(seconds=9)).timestamp())),
            },
            9.0,
            id="a moment",
        ),
        pytest.param({"ratelimit-remaining": "0"}, 0.0, id="without a reset"),
        pytest.param({"ratelimit-remaining": "0", "ratelimit-reset": "x"}, 0.0, id="no number"),
        pytest.param(
            {"ratelimit-remaining": "0", "ratelimit-reset": "999999"}, LONGEST_ASKED_WAIT, id="days"
        ),
    ],
)
def test_limit_wait(headers: dict[str, str], seconds: float) -> None:
    assert limit_wait(headers, NOW) == pytest.approx(seconds)


def _failed(times: int, *, chance: float = 1.0) -> tuple[Breaker, float]:
    """After so many failures, each as soon as it is allowed; the time of the last."""
    breaker, now = Breaker(), 0.0
    for _ in range(times):
        retry = after_failure(breaker, now=now, chance=chance)
        breaker, now = retry.breaker, now + retry.wait
    return breaker, now


@pytest.mark.parametrize(
    ("failures", "wait"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 10.0), (5, 20.0), (9, 300.0)]
)
def test_the_longest_wait_after_failures(failures: int, wait: float) -> None:
    breaker, now = _failed(failures)
    assert after_failure(breaker, now=now, chance=1.0).wait == wait


def test_a_breaker_opens_is_tried_once_and_opens_for_longer() -> None:
    breaker, now = _failed(FAILURES_TO_OPEN - 1)
    assert breaker.state(now) is State.CLOSED
    first = after_failure(breaker, now=now, chance=0.0)
    assert first.breaker.state(now + first.wait - 0.1) is State.OPEN
    assert first.breaker.state(now + first.wait) is State.HALF_OPEN
    again = after_failure(first.breaker, now=now + first.wait, chance=0.0)
    assert again.breaker.state(now + first.wait) is State.OPEN
    assert again.wait == 2 * first.wait


@given(
    failures=st.integers(0, 40),
    chance=st.floats(0, 1),
    asked=st.none() | st.floats(0, LONGEST_ASKED_WAIT),
    limited=st.booleans(),
)
def test_a_wait_is_bounded_and_never_shorter_than_asked(
    failures: int, chance: float, asked: float | None, limited: bool
) -> None:
    breaker, now = _failed(failures)
    retry = after_failure(breaker, now=now, chance=chance, asked=asked, limited=limited)
    assert (asked or 0.0) <= retry.wait <= max(LONGEST_WAIT, LONGEST_COOLDOWN, asked or 0.0)
    assert retry.breaker.failures == failures + 1


@pytest.mark.parametrize("failures", [0, FAILURES_TO_OPEN])
@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("asked", [1e18, float("inf")])
def test_no_api_asks_for_silence_for_ever(failures: int, limited: bool, asked: float) -> None:
    breaker, now = _failed(failures)
    retry = after_failure(breaker, now=now, chance=1.0, asked=asked, limited=limited)
    assert retry.wait == LONGEST_ASKED_WAIT


def test_a_limit_of_the_rate_never_opens_the_breaker() -> None:
    breaker = Breaker()
    for _ in range(3 * FAILURES_TO_OPEN):
        breaker = after_failure(breaker, now=0.0, chance=1.0, limited=True).breaker
    assert breaker.state(0.0) is State.CLOSED


@pytest.mark.parametrize(
    ("round_at", "hints_at", "after_round", "expected"),
    [
        pytest.param(105, None, True, Next(Turn.ROUND, 5), id="no hint"),
        pytest.param(95, None, True, Next(Turn.ROUND, 0), id="no hint, and a round that is late"),
        pytest.param(105, 101, True, Next(Turn.HINTS, 1), id="hints before the round"),
        pytest.param(105, 99, False, Next(Turn.HINTS, 0), id="hints that are due"),
        pytest.param(101, 101, False, Next(Turn.ROUND, 1), id="both at once"),
        pytest.param(101, 102, False, Next(Turn.ROUND, 1), id="a round before the hints"),
        pytest.param(100, 99, False, Next(Turn.ROUND, 0), id="a round that is due, before hints"),
        pytest.param(100, 99, True, Next(Turn.HINTS, 0), id="but one reading after each round"),
        pytest.param(100, 101, True, Next(Turn.ROUND, 0), id="where one is due"),
    ],
)
def test_what_comes_next(
    round_at: float, hints_at: float | None, after_round: bool, expected: Next
) -> None:
    found = next_turn(now=100.0, round_at=round_at, hints_at=hints_at, after_round=after_round)
    assert found == expected


MOMENTS = st.floats(0, 1000)


@settings(deadline=None)
@given(now=MOMENTS, round_at=MOMENTS, hints_at=st.none() | MOMENTS, after_round=st.booleans())
def test_nothing_is_late_but_for_one_reading(
    now: float, round_at: float, hints_at: float | None, after_round: bool
) -> None:
    found = next_turn(now=now, round_at=round_at, hints_at=hints_at, after_round=after_round)
    due = [moment for moment in (round_at, hints_at) if moment is not None]
    assert found.wait == max(min(due) - now, 0.0)
    if round_at <= now and not after_round:
        assert found.turn is Turn.ROUND


@pytest.mark.parametrize(
    ("now", "wait"), [pytest.param(101.0, 4.0, id="early"), pytest.param(109.0, 0.0, id="late")]
)
def test_rounds_begin_at_their_pace(now: float, wait: float) -> None:
    assert until_next(started=100.0, now=now, every=5.0) == wait
