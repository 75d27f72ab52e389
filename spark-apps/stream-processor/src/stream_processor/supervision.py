"""Keeps a streaming query running: what passes is waited out, a younger driver ends it."""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

from pyspark.errors import StreamingQueryException
from pyspark.sql.streaming.query import StreamingQuery

from stream_processor.progress import ProgressReport
from warehouse.ledger import FencedError

logger = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 1
_PATIENCE_SECONDS: Final = 10


class SupervisedQuery:
    """One query, started again from the ledger or its checkpoint whenever it ends."""

    def __init__(self, name: str, start: Callable[[Lock], StreamingQuery]) -> None:
        """`start` gets the lock under which the query's sink is to write each micro-batch."""
        self.name = name
        self.fenced = False
        self._start = start
        self._writing = Lock()
        self._report = ProgressReport(name)
        self._query: StreamingQuery | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._keep_running, name=name, daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it for good between two micro-batches, hence the lock that is never given back.

        One that takes too long is abandoned, and done again another time.
        """
        self._stopping.set()
        self._writing.acquire(timeout=_PATIENCE_SECONDS)
        if self._query is not None and self._query.isActive:
            self._query.stop()
        self._thread.join(timeout=_PATIENCE_SECONDS)

    def problem(self) -> str | None:
        """None while the query runs."""
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
                self._query = self._start(self._writing)
                while not self._query.awaitTermination(_POLL_SECONDS):
                    if self._stopping.is_set():
                        return
                    self._report.see(self._query.lastProgress)
            except StreamingQueryException as error:
                self._judge(error)
            self._stopping.wait(_PAUSE_SECONDS)

    def _judge(self, error: StreamingQueryException) -> None:
        self.fenced = FencedError.__name__ in str(error)
        if self.fenced:
            logger.error("another driver took over", extra={"query": self.name})
        else:
            logger.warning("query ended and begins again", extra={"query": self.name, "why": error})
