"""When a source is asked again: backoff with full jitter, what the API itself asks for, and a
circuit breaker that is closed, open or half-open. And what it is asked for: all, or what webhooks
name.

Times are seconds of any one clock; `chance` is a random number from 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final, NamedTuple

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 30.0
FAILURES_TO_OPEN: Final = 5
FIRST_COOLDOWN: Final = 10.0
LONGEST_COOLDOWN: Final = 300.0
LONGEST_ASKED_WAIT: Final = 3600.0
"""An API that asks for a longer wait is asked again after this."""
_EPOCH: Final = 1_000_000_000
"""A reset that is at least this is a moment in seconds since 1970, not a number of seconds."""


class State(StrEnum):
    """Of a circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """The failures in a row, how often it opened in a row, and until when it is open."""

    failures: int = 0
    openings: int = 0
    open_until: float = 0.0

    def state(self, now: float) -> State:
        """Half-open when one attempt is allowed to find out whether the API is back."""
        if not self.openings:
            return State.CLOSED
        return State.OPEN if now < self.open_until else State.HALF_OPEN


@dataclass(frozen=True, slots=True)
class Retry:
    """The breaker after a failure, and the seconds to wait."""

    breaker: Breaker
    wait: float


def after_failure(
    breaker: Breaker,
    *,
    now: float,
    chance: float,
    asked: float | None = None,
    limited: bool = False,
) -> Retry:
    """`asked` is the wait that the API asked for; it is obeyed up to `LONGEST_ASKED_WAIT`.

    An API that only limits the rate is not away, so it does not open the breaker.
    """
    failures, least = breaker.failures + 1, min(asked or 0.0, LONGEST_ASKED_WAIT)
    if limited or (not breaker.openings and failures < FAILURES_TO_OPEN):
        wait = max(_backoff(failures, chance), least)
        return Retry(Breaker(failures, breaker.openings, breaker.open_until), wait)
    cooldown = min(FIRST_COOLDOWN * 2.0 ** min(breaker.openings, 16), LONGEST_COOLDOWN)
    wait = max(cooldown * (1 + chance) / 2, least)
    return Retry(Breaker(failures, breaker.openings + 1, now + wait), wait)


def _backoff(failures: int, chance: float) -> float:
    return chance * min(FIRST_WAIT * 2.0 ** min(failures - 1, 16), LONGEST_WAIT)


class Turn(StrEnum):
    """What a source's loop does next."""

    ROUND = "round"
    HINTS = "hints"


class Next(NamedTuple):
    """What a loop does next, and the seconds until then."""

    turn: Turn
    wait: float


def next_turn(*, now: float, round_at: float, hints_at: float | None, after_round: bool) -> Next:
    """`hints_at` is None where no hint waits, or hints wait for a round that succeeds.

    A round that is due goes before hints. But after a round one reading of hints goes before the
    next, or they would never be read where rounds take longer than their pace.
    """
    if hints_at is None or (round_at <= max(now, hints_at) and (hints_at > now or not after_round)):
        return Next(Turn.ROUND, max(round_at - now, 0.0))
    return Next(Turn.HINTS, max(hints_at - now, 0.0))


def until_next(*, started: float, now: float, every: float) -> float:
    """Seconds to wait after a round that succeeded."""
    return max(started + every - now, 0.0)


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds of a `Retry-After`, which is a number or a date, up to LONGEST_ASKED_WAIT; None
    for anything else."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_ASKED_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        instant = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (instant - now).total_seconds()
    except (LookupError, OverflowError, TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_ASKED_WAIT)


def limit_wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until the API's own rate limit allows another request; 0 where none is named.

    Names are lower-case. `x-rate-limit-reset` (Nuvemshop) is milliseconds; the others are seconds,
    or a moment in seconds since 1970.
    """
    for prefix, unit in (("x-rate-limit", 0.001), ("x-ratelimit", 1.0), ("ratelimit", 1.0)):
        left = _number(headers.get(f"{prefix}-remaining"))
        reset = _number(headers.get(f"{prefix}-reset"))
        if left is not None and left < 1 and reset is not None:
            seconds = reset - now.timestamp() if reset >= _EPOCH else reset * unit
            return min(max(seconds, 0.0), LONGEST_ASKED_WAIT)
    return 0.0


def _number(text: str | None) -> float | None:
    """A number without a sign; None for anything else."""
    plain = (text or "").strip()
    return float(plain) if plain.isascii() and plain.isdigit() and len(plain) < 20 else None
