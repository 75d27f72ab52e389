"""The retry policy: while something outside is away, wait longer after each failure."""

import logging
from collections.abc import Iterable
from typing import Final

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 5.0
"""In seconds."""
LOG_EVERY_SECONDS: Final = 60.0
_MOST_DOUBLINGS: Final = 16


def wait_and_retry(what: str, *, timeout: float | None = None) -> Iterable[stamina.Attempt]:
    """Attempts, to be entered one after the other until one ends without a TransientError.

    Any other error is raised at once, and a TransientError after `timeout` seconds, if that is
    given. `what` is the name in the log.
    """
    attempts = stamina.retry_context(
        on=TransientError,
        attempts=None,
        timeout=timeout,
        wait_initial=FIRST_WAIT,
        wait_max=LONGEST_WAIT,
    )
    return attempts.with_name(what, (), {})


def backoff(failures: int) -> float:
    """Seconds to wait after this many failures in a row, for a loop that waits by itself."""
    return min(FIRST_WAIT * _doubled(failures - 1), LONGEST_WAIT)


def pause_after(failures: int, *, every: float, max_pause: float) -> float:
    """Seconds until what is done at intervals is done again, after this many failures in a row: up
    to `max_pause`, and never less than `every`."""
    return min(every * _doubled(failures), max(max_pause, every))


def _doubled(times: int) -> float:
    """1.0 doubled so many times, as long as a float can be."""
    return 2.0 ** min(times, _MOST_DOUBLINGS)


def is_to_be_logged(*, waited: float, wait: float) -> bool:
    """Whether to log this wait of `wait` seconds after `waited` seconds: the first one, then one a
    minute."""
    return waited == 0 or waited // LOG_EVERY_SECONDS != (waited + wait) // LOG_EVERY_SECONDS


def log_retry(what: str, error: Exception, *, waited: float, wait: float) -> None:
    """Log the first failure at once and then one a minute, however long an outage lasts."""
    if is_to_be_logged(waited=waited, wait=wait):
        seconds = {"wait_seconds": round(wait, 1), "waited_seconds": round(waited, 1)}
        _log.warning("%s: waiting to try again", what, extra={"error": str(error), **seconds})


def _on_retry(details: RetryDetails) -> None:
    waits = {"waited": details.waited_so_far, "wait": details.wait_for}
    log_retry(details.name, details.caused_by, **waits)


# stamina's own hooks log the arguments, and count with a label that grows with each attempt.
set_on_retry_hooks([_on_retry])
