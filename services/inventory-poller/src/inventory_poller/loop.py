"""Polls one source for ever: at its pace while it answers, ever more seldom while it does not. In
between it reads the products that webhooks name."""

import logging
from collections.abc import Callable

from inventory_poller.adapters.contract import LimitedError
from inventory_poller.hints import Hints
from inventory_poller.metrics import Metrics
from inventory_poller.poll import Poll, StatusError
from inventory_poller.schedule import (
    Breaker,
    Next,
    State,
    Turn,
    after_failure,
    next_turn,
    until_next,
)
from inventory_poller.stores import StoreAwayError
from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import backoff, log_retry

_log = logging.getLogger(__name__)


class SourceLoop:
    """The loop of one source. `clock` gives seconds that only grow; `chance` is random."""

    def __init__(
        self,
        poll: Poll,
        hints: Hints,
        *,
        metrics: Metrics,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.name = poll.source.id
        self._poll = poll
        self.hints = hints
        self._metrics = metrics
        self._clock = clock
        self._chance = chance
        self._breaker = Breaker()
        self._fresh_at = clock()
        self._store_failures, self._store_waited = 0, 0.0
        self._round_at = clock()
        self._has_failed = True
        self._after_round = False

    @property
    def freshness(self) -> float:
        """Seconds since the last whole round, or since the start where there was none."""
        return self._clock() - self._fresh_at

    @property
    def state(self) -> State:
        """The state of the circuit breaker."""
        return self._breaker.state(self._clock())

    async def run(self) -> None:
        """Until cancelled. Whatever the API does is waited out; any other error is raised."""
        while True:
            await self.hints.wait(await self.turn())

    async def turn(self) -> float:
        """A round or a reading of hints, if one is due; the seconds to wait before the next."""
        due = self._next()
        if due.wait > 0:
            return due.wait
        try:
            await self._do(due.turn)
        except StoreAwayError as error:
            self._put_off(self._after_store_failure(error))
        except (TransientError, PermanentError) as error:
            self._put_off(self._after_failure(error))
        return self._next().wait

    def _next(self) -> Next:
        """What failed is followed by a round, which finds what hints would have: they wait until it
        succeeds, as at the start."""
        return next_turn(
            now=self._clock(),
            round_at=self._round_at,
            hints_at=None if self._has_failed else self.hints.due_at,
            after_round=self._after_round,
        )

    async def _do(self, turn: Turn) -> None:
        if turn is Turn.HINTS:
            await self._read_hints()
            self._after_round = False
            return
        started = self._clock()
        await self._poll.run()
        self._after_success(started)

    async def _read_hints(self) -> None:
        """Hints that are no fault of the API's answer wait on. Others are left to the round, since
        they might fail for ever."""
        products = self.hints.take()
        try:
            await self._poll.read_again(products)
        except (StoreAwayError, LimitedError):
            self.hints.put_back(products)
            raise

    def _put_off(self, wait: float) -> None:
        self._round_at, self._has_failed = self._clock() + wait, True

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

    def _after_success(self, started: float) -> None:
        if self._breaker.openings:
            _log.info("a stock API answers again", extra={"source": self.name})
        self._breaker = Breaker()
        self._store_failures, self._store_waited = 0, 0.0
        now = self._clock()
        self._fresh_at = now
        self._metrics.round(self.name, now - started)
        wait = until_next(started=started, now=now, every=self._poll.source.poll_seconds)
        self._round_at, self._has_failed, self._after_round = now + wait, False, True
