"""The log lines of requests that no store could take."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from event_producer.refusal import UnavailableError

_EVERY_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


class UnavailableLog:
    """Logs one request a second at most, so that an outage does not flood the log."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._next = clock()
        self._left_out = 0

    def add(self, error: UnavailableError) -> None:
        """`left_out` of the line is how many requests had none since the last one."""
        now = self._clock()
        if now < self._next:
            self._left_out += 1
            return
        _log.warning("a request was answered 503: %s", error, extra={"left_out": self._left_out})
        self._next, self._left_out = now + _EVERY_SECONDS, 0
