"""How far stream-processor's queries are behind Kafka, by Kafka, the ledger and Spark's log.

None of it needs analytics-api or stream-processor itself to answer.
"""

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from event_contracts.names import QUERY_FIGURES, QUERY_WAREHOUSE, TOPIC_EVENTOS, TOPICS
from service_runtime.errors import PermanentError, TransientError
from service_runtime.topic import Topic
from vitrine_local.layout import Layout
from vitrine_local.local_warehouse import local_warehouse
from vitrine_local.settings import HOST, Settings
from warehouse import ledger
from warehouse.ledger import Positions

_EVERY_SECONDS: Final = 2.0
_OLDEST_SECONDS: Final = 10.0
_TIMEOUT_SECONDS: Final = 3.0
_STREAM: Final = "stream-processor"


@dataclass(frozen=True, slots=True)
class Lag:
    """Records that each query has not done yet; None if unknown."""

    warehouse: int | None = None
    metrics: int | None = None

    def __str__(self) -> str:
        told = {"warehouse": self.warehouse, "metrics": self.metrics}
        return ", ".join(f"{name} {'?' if n is None else n}" for name, n in told.items())


def behind(ends: Positions, done: Positions) -> int:
    """Records not done, over all partitions; a partition done beyond its end counts 0."""
    return sum(max(end - done.get(place, 0), 0) for place, end in ends.items())


class LagWatch:
    """Reads the lag in a thread of its own, so that a store that hangs delays no caller."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self._settings = settings
        self._layout = layout
        self._topics = [_topic(settings, name) for name in TOPICS]
        self._answer = Lag()
        self._answered_at = -_OLDEST_SECONDS
        self._news = threading.Event()
        threading.Thread(target=self._ask_on, name="lag", daemon=True).start()

    def newest(self, *, wait: float = 0.0) -> Lag:
        """The newest answer unless it is old; `wait` is how long to wait for the first one."""
        self._news.wait(wait)
        fresh = time.monotonic() - self._answered_at < _OLDEST_SECONDS
        return self._answer if fresh else Lag()

    def _ask_on(self) -> None:
        while True:
            self._answer = self._ask()
            self._answered_at = time.monotonic()
            self._news.set()
            time.sleep(_EVERY_SECONDS)

    def _ask(self) -> Lag:
        try:
            ends = {
                (name, n): end
                for name, topic in zip(TOPICS, self._topics, strict=True)
                for n, end in topic.latest().items()
            }
        except (TransientError, PermanentError):
            return Lag()
        events = {place: end for place, end in ends.items() if place[0] == TOPIC_EVENTOS}
        done, counted = self._ledger(), counted_offsets(self._layout.temporary_of(_STREAM))
        return Lag(
            None if done is None else behind(ends, done),
            None if counted is None else behind(events, counted),
        )

    def _ledger(self) -> Positions | None:
        try:
            warehouse = local_warehouse(self._settings, self._layout, application="vitrine-status")
            try:
                with warehouse.transaction() as transaction:
                    return ledger.positions(transaction, query=QUERY_WAREHOUSE)
            finally:
                warehouse.close()
        except (TransientError, PermanentError, OSError):
            return None


def counted_offsets(temporary: Path) -> Positions | None:
    """Where the last batch ended that the figures query wrote, as Spark's log says; None before
    the first one. The log lies in a temporary folder of the driver and may go at any moment."""
    try:
        folders = temporary.glob(f"{QUERY_FIGURES}-query-*")
        checkpoint = max(folders, key=lambda path: path.stat().st_mtime)
    except (OSError, ValueError):
        return None
    return committed(checkpoint)


def committed(checkpoint: Path) -> Positions | None:
    """Where the last batch ended that a query has finished, as its checkpoint says; None before
    the first one."""
    try:
        batch = max(int(p.name) for p in (checkpoint / "commits").iterdir() if p.name.isdigit())
        lines = (checkpoint / "offsets" / str(batch)).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    topics: dict[str, dict[str, int]] = json.loads(lines[-1])
    return {(name, int(n)): offset for name, found in topics.items() for n, offset in found.items()}


def _topic(settings: Settings, name: str) -> Topic:
    servers = {"bootstrap.servers": f"{HOST}:{settings.kafka_port}"}
    return Topic(servers, name, timeout=_TIMEOUT_SECONDS)
