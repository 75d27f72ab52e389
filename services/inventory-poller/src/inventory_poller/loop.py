"""Polls one source for ever: at its pace while it answers, ever more seldom while it does not."""

import asyncio
import logging
from collections.abc import Callable

from inventory_poller.adapters.contract import LimitedError
from inventory_poller.metrics import Metrics
from inventory_poller.poll import Poll, StatusError
from inventory_poller.schedule import Breaker, State, after_failure, until_next
from inventory_poller.stores import StoreAwayError
from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import backoff, log_retry

_log = logging.getLogger(__name__)


class SourceLoop:
    """The loop of one source. `clock` gives seconds that only grow; `chance` is random."""

    def __init__(
        self,
        poll: Poll,
        *,
        metrics: Metrics,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.name = poll.source.id
        self._poll = poll
        self._metrics = metrics
        self._clock = clock
        self._chance = chance
        self._breaker = Breaker()
        self._fresh_at = clock()
        self._store_failures, self._store_waited = 0, 0.0

    @property
    def freshness(self) -> float:
        """Seconds since the last whole round, or since the start where there was none."""
        return self._clock() - self._fresh_at

    @property
    def state(self) -> State:
        """Of the circuit breaker."""
        return self._breaker.state(self._clock())

    async def run(self) -> None:
        """Until cancelled. Whatever the API does is waited out; any other error is raised."""
        while True:
            await asyncio.sleep(await self.turn())

    async def turn(self) -> float:
        """One round; the seconds to wait before the next."""
        started = self._clock()
        try:
            await self._poll.run()
        except StoreAwayError as error:
            return self._after_store_failure(error)
        except (TransientError, PermanentError) as error:
            return self._after_failure(error)
        return self._after_success(started)

    def _after_store_failure(self, error: StoreAwayError) -> float:
        self._store_failures += 1
        wait = backoff(self._store_failures)
        log_retry(f"source {self.name}", error, waited=self._store_waited, wait=wait)
        self._store_waited += wait
        return wait

    def _after_failure(self, error: TransientError | PermanentError) -> float:
        """Only a breaker that opens is logged: a source may be away for days."""
        asked = error.wait if isinstance(error, LimitedError | StatusError) else None
        retry = after_failure(
            self._breaker,
            now=self._clock(),
            chance=self._chance(),
            asked=asked,
            limited=isinstance(error, LimitedError),
        )
        if retry.breaker.openings == 1 and not self._breaker.openings:
            about = {"source": self.name, "error": str(error)}
            _log.warning("a stock API fails and is asked seldom until it answers", extra=about)
        self._breaker = retry.breaker
        return retry.wait

    def _after_success(self, started: float) -> float:
        if self._breaker.openings:
            _log.info("a stock API answers again", extra={"source": self.name})
        self._breaker = Breaker()
        self._store_failures, self._store_waited = 0, 0.0
        now = self._clock()
        self._fresh_at = now
        self._metrics.round(self.name, now - started)
        return until_next(started=started, now=now, every=self._poll.source.poll_seconds)
