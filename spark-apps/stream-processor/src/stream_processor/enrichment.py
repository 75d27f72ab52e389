"""Keeps the figures per state and the funnel current, in a thread of its own.

Whatever MongoDB does here, no micro-batch waits for it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Final, Protocol

from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import backoff, log_retry
from stream_processor.funnel_figures import first_second
from stream_processor.live_figures import LiveFigures
from stream_processor.profiles import Answer, Profile
from stream_processor.region_documents import (
    active_regions_document,
    funnel_document,
    regions_document,
)
from stream_processor.region_figures import ESTADOS, SEGMENTOS

EVERY_SECONDS: Final = 5.0
"""Each round costs some tens of milliseconds of CPU, however few events there are."""
PIECE: Final = 1000
"""How many profiles one query asks for."""
_AT_ONCE: Final = 20 * PIECE
_STOPS_WITHIN: Final = 10.0
"""Seconds that its end is waited for; MongoDB may be asked for as long."""
_READ_FOR: Final = timedelta(seconds=5)
"""After this long what was read is counted, and the rest is read later."""

logger = logging.getLogger(__name__)


class Profiles(Protocol):
    """Where profiles are read."""

    def read(self, customers: Sequence[str]) -> list[Profile]:
        """Their profiles, in the same order."""


class Store(Protocol):
    """Where documents are written."""

    def upsert(self, documents: Iterable[dict[str, Any]], *, now: datetime) -> None:
        """Replace documents by their ids."""


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


class _Pause:
    """How long to leave alone what failed."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._failures = 0
        self._until: datetime | None = None
        self._first: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self._until is None or now >= self._until

    def begin(self, now: datetime, error: Exception) -> None:
        self._failures += 1
        self._first = self._first or now
        wait = backoff(self._failures)
        waited = (now - self._first).total_seconds()
        log_retry(self._what, error, waited=waited, wait=wait)
        self._until = now + timedelta(seconds=wait)

    def end(self) -> None:
        self._failures, self._until, self._first = 0, None, None


class Enrichment:
    """One instance per process; it follows the figures of the query that runs."""

    def __init__(
        self, profiles: Profiles, store: Store, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._profiles = profiles
        self._store = store
        self._clock = clock
        self._cycle = Lock()
        self._figures = LiveFigures()
        self._first_minute = 0
        self._is_released = False
        self._reading = _Pause("read of profiles")
        self._writing = _Pause("write of the figures per state")
        self._thread: Thread | None = None
        self._stopping = Event()

    def follow(self, figures: LiveFigures, first_minute: int) -> None:
        """From now on use these figures, whole since this Unix second, and no others.

        Nothing is written before `release`.
        """
        with self._cycle:
            self._figures, self._first_minute = figures, first_minute
            self._is_released = False

    def start(self) -> None:
        """Run in a thread, unless one runs already."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._run, name="enrichment", daemon=True)
            self._thread.start()

    def release(self) -> None:
        """Let documents be written: the figures know all that the documents tell.

        Raises PermanentError if the thread has ended, which only a defect can cause; its error is
        in the log of the process, and `start` begins another.
        """
        self._is_released = True
        if self._thread is not None and not self._thread.is_alive():
            raise PermanentError("the enrichment has ended")

    def advance(self) -> bool:
        """Count what was queued, ask for the profiles that are needed, write what has changed.

        Returns whether there are more profiles to read at once.
        """
        with self._cycle:
            has_more = self._count(self._figures)
            if self._is_released and self._writing.is_over(self._clock()):
                self._write(self._figures)
            return has_more

    def stop(self) -> None:
        """End the thread after what it is doing, and wait for that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOPS_WITHIN)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self.advance():
                self._stopping.wait(EVERY_SECONDS)

    def _count(self, figures: LiveFigures) -> bool:
        now = self._clock()
        regions = figures.enriched.regions
        with figures.turn:
            figures.enriched.count()
            waiting = regions.waiting(now, _AT_ONCE) if self._reading.is_over(now) else []
        answers = self._read(waiting)
        with figures.turn:
            regions.resolve(answers, now)
        return len(answers) == _AT_ONCE

    def _read(self, customers: Sequence[str]) -> list[Answer]:
        """The answers until MongoDB fails or takes too long."""
        answers: list[Answer] = []
        if not customers:
            return answers
        until = self._clock() + _READ_FOR
        try:
            for first in range(0, len(customers), PIECE):
                asked_at = self._clock()
                if asked_at >= until:
                    break
                piece = customers[first : first + PIECE]
                lido = int(asked_at.timestamp())
                found = zip(piece, self._profiles.read(piece), strict=True)
                answers += [Answer(customer, profile, lido) for customer, profile in found]
        except (TransientError, PermanentError) as error:
            self._reading.begin(self._clock(), error)
        else:
            self._reading.end()
        return answers

    def _write(self, figures: LiveFigures) -> None:
        now = self._clock()
        regions = figures.enriched.regions
        with figures.turn:
            changed, regions.changed = regions.changed, set()
            documents = [regions_document(m, f) for m, f in regions.figures_of(changed).items()]
            documents += self._moments(figures, now)
        try:
            self._store.upsert(documents, now=self._clock())
        except (TransientError, PermanentError) as error:
            self._writing.begin(self._clock(), error)
            with figures.turn:
                regions.changed |= changed
        else:
            self._writing.end()

    def _moments(self, figures: LiveFigures, now: datetime) -> list[dict[str, Any]]:
        regions = figures.enriched.regions
        since = max(first_second(now), self._first_minute)
        estados, segmentos = (regions.active(columns, now) for columns in (ESTADOS, SEGMENTOS))
        active = active_regions_document(
            estados, segmentos, waiting=regions.customers_waiting(), now=now
        )
        return [active, funnel_document(figures.enriched.funnel.funnel(now), since=since, now=now)]
