"""The one retry policy: while something outside is away, wait longer each time and try again."""

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


def wait_and_retry(what: str, *, timeout: float | None = None) -> Iterable[stamina.Attempt]:
    """Attempts, each to be entered once, until one ends without a TransientError.

    Any other error is let through at once; a TransientError after `timeout` seconds, where that
    is given. `what` is what the log calls it.
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
    """Seconds to wait after so many failures in a row, for a loop that waits by itself."""
    doublings = min(failures - 1, 16)
    return min(FIRST_WAIT * 2.0**doublings, LONGEST_WAIT)


def deserves_a_line(*, waited: float, wait: float) -> bool:
    """Whether the wait of `wait` seconds after `waited` seconds is the first one or passes
    another minute."""
    return waited == 0 or waited // LOG_EVERY_SECONDS != (waited + wait) // LOG_EVERY_SECONDS


def log_retry(what: str, error: Exception, *, waited: float, wait: float) -> None:
    """The first failure is told at once and then one a minute, however long an outage takes."""
    if deserves_a_line(waited=waited, wait=wait):
        seconds = {"wait_seconds": round(wait, 1), "waited_seconds": round(waited, 1)}
        _log.warning("%s: waiting to try again", what, extra={"error": str(error), **seconds})


def _on_retry(details: RetryDetails) -> None:
    waits = {"waited": details.waited_so_far, "wait": details.wait_for}
    log_retry(details.name, details.caused_by, **waits)


# stamina's own hooks log the arguments, and count with a label that grows with each attempt.
set_on_retry_hooks([_on_retry])
