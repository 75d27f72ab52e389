"""Keeps a streaming query running: what passes is waited out, a younger driver ends it."""

import logging
from collections.abc import Callable, Collection
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final

from pyspark.errors import StreamingQueryException
from pyspark.sql.streaming.query import StreamingQuery

from stream_processor.progress import ProgressReport, count_failure
from warehouse.ledger import FencedError

logger = logging.getLogger(__name__)

_POLL_SECONDS: Final = 1
_PATIENCE_SECONDS: Final = 10
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0


class BatchGuard:
    """Held while a micro-batch is written, so that none is cut short, and told why one failed.

    The sink runs in this process, so its error is seen here as it is; Spark's own exception
    holds but the text of it.
    """

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.failure = error
        self._lock.release()

    def close(self, *, timeout: float) -> None:
        """Let no further batch begin; waits for one that is being written."""
        self._lock.acquire(timeout=timeout)


class SupervisedQuery:
    """One query, started again from the ledger or a snapshot whenever it ends."""

    def __init__(self, name: str, start: Callable[[BatchGuard], StreamingQuery]) -> None:
        self.name = name
        self.fenced = False
        self._start = start
        self._guard = BatchGuard()
        self._report = ProgressReport(name)
        self._query: StreamingQuery | None = None
        self._failures = 0
        """Since a batch last succeeded."""
        self._stopping = Event()
        self._thread = Thread(target=self._keep_running, name=name, daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it for good between two micro-batches.

        One that takes too long is abandoned, and done again another time.
        """
        self._stopping.set()
        self._guard.close(timeout=_PATIENCE_SECONDS)
        if self._query is not None and self._query.isActive:
            self._query.stop()
        self._thread.join(timeout=_PATIENCE_SECONDS)

    def problem(self) -> str | None:
        """None while the query runs and its batches succeed."""
        if self._failures:
            return f"query {self.name} failed {self._failures} times in a row"
        if self._query is not None and self._query.isActive:
            return None
        return f"query {self.name} is not running"

    @property
    def ended(self) -> bool:
        """Whether it has given up for good."""
        return not self._thread.is_alive()

    def _keep_running(self) -> None:
        while not self._stopping.is_set() and not self.fenced:
            try:
                self._query = self._start(self._guard)
                while not self._query.awaitTermination(_POLL_SECONDS):
                    if self._stopping.is_set():
                        return
                    self._watch(self._query)
            except StreamingQueryException as error:
                self._record_failure(self._guard.failure or error)
            self._stopping.wait(pause(self._failures))

    def _watch(self, query: StreamingQuery) -> None:
        progress = query.lastProgress
        if progress is not None:
            self._failures = 0
        self._report.see(progress)

    def _record_failure(self, error: BaseException) -> None:
        """Count it, so that the query starts again; if another driver took over, it never does."""
        self.fenced = isinstance(error, FencedError)
        if self.fenced:
            logger.error("another driver took over", extra={"query": self.name})
            return
        self._failures += 1
        count_failure(self.name)
        logger.error(
            "query failed and begins again",
            extra={"query": self.name, "why": str(error), "failures": self._failures},
        )


def first_problem(started: Collection[SupervisedQuery]) -> str | None:
    """None while every query runs; before they are started, that they are not."""
    if not started:
        return "the Spark session is being built"
    return next((text for query in started if (text := query.problem())), None)


def pause(failures: int) -> float:
    """Seconds until a query is started again: longer each time, a minute at most."""
    return min(_FIRST_PAUSE * 2.0 ** max(failures - 1, 0), _LONGEST_PAUSE)
