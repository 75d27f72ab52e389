"""How far the parts that read Kafka are behind it, by Kafka, the ledger and Spark's log.

None of it needs analytics-api or the part itself to answer.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from event_contracts.names import QUERY_FIGURES, QUERY_WAREHOUSE, TOPIC_EVENTOS, TOPICS
from service_runtime.committed_offsets import CommittedOffsets
from service_runtime.errors import PermanentError, TransientError
from service_runtime.kafka import ClientConfig
from service_runtime.renewed_client import RenewedClient
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
CLICK_LOGGER: Final = "click-logger"
"""Its consumer group has this name too."""
READ_KAFKA: Final = (_STREAM, CLICK_LOGGER)
_Place = TypeVar("_Place")


@dataclass(frozen=True, slots=True)
class Lag:
    """Records that each query of stream-processor has not done yet; None if unknown."""

    warehouse: int | None = None
    metrics: int | None = None

    def __str__(self) -> str:
        return f"warehouse {_text(self.warehouse)}, metrics {_text(self.metrics)}"


def _text(records: int | None) -> str:
    """The number as it is shown; None is unknown."""
    return "?" if records is None else str(records)


def behind(ends: Mapping[_Place, int], done: Mapping[_Place, int]) -> int:
    """Records not done, over all partitions; a partition done beyond its end counts 0."""
    return sum(max(end - done.get(place, 0), 0) for place, end in ends.items())


class LagWatch:
    """Asks in a thread of its own, so that a store that hangs delays no caller."""

    def __init__(self, ask: Callable[[], str], *, unknown: str) -> None:
        self._ask = ask
        self._unknown = self._answer = unknown
        self._answered_at = -_OLDEST_SECONDS
        self._news = threading.Event()
        threading.Thread(target=self._ask_on, name="lag", daemon=True).start()

    def newest(self, *, wait: float = 0.0) -> str:
        """The newest answer unless it is old; `wait` is how long to wait for the first one."""
        self._news.wait(wait)
        fresh = time.monotonic() - self._answered_at < _OLDEST_SECONDS
        return self._answer if fresh else self._unknown

    def _ask_on(self) -> None:
        while True:
            self._answer = self._ask()
            self._answered_at = time.monotonic()
            self._news.set()
            time.sleep(_EVERY_SECONDS)


def lag_watch(part: str, settings: Settings, layout: Layout) -> LagWatch:
    """The watch over one of `READ_KAFKA`."""
    if part == CLICK_LOGGER:
        return LagWatch(GroupLag(settings, CLICK_LOGGER).ask, unknown=_text(None))
    return LagWatch(StreamLag(settings, layout).ask, unknown=str(Lag()))


class GroupLag:
    """Reads how far a consumer group is behind the customers' events, without joining it. One that
    has committed nothing is to begin at the first record."""

    def __init__(self, settings: Settings, group: str) -> None:
        self._topic = _topic(settings, TOPIC_EVENTOS)
        self._name = group
        new = partial(CommittedOffsets, _servers(settings), group, timeout=_TIMEOUT_SECONDS)
        self._group = RenewedClient(new)

    def ask(self) -> str:
        """`?` while Kafka does not say."""
        try:
            starts = self._topic.earliest()
            with self._group.use(self._name) as group:
                committed = group.of(TOPIC_EVENTOS, starts)
            ends = self._topic.latest()
        except (TransientError, PermanentError):
            return _text(None)
        done = {n: max(start, committed.get(n, start)) for n, start in starts.items()}
        return _text(behind(ends, done))


class StreamLag:
    """Reads how far stream-processor's queries are behind both topics."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self._settings = settings
        self._layout = layout
        self._topics = [_topic(settings, name) for name in TOPICS]

    def ask(self) -> str:
        """What nobody can tell is `?`."""
        return str(self._ask())

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
    """The offsets at which the last batch of the figures query ended, from Spark's log; None
    before the first batch. The log is in a temporary folder and may be removed at any moment."""
    try:
        folders = temporary.glob(f"{QUERY_FIGURES}-query-*")
        checkpoint = max(folders, key=lambda path: path.stat().st_mtime)
    except (OSError, ValueError):
        return None
    return committed(checkpoint)


def committed(checkpoint: Path) -> Positions | None:
    """The offsets at which the last finished batch of a query ended, from its checkpoint; None
    before the first batch."""
    try:
        batch = max(int(p.name) for p in (checkpoint / "commits").iterdir() if p.name.isdigit())
        lines = (checkpoint / "offsets" / str(batch)).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    topics: dict[str, dict[str, int]] = json.loads(lines[-1])
    return {(name, int(n)): offset for name, found in topics.items() for n, offset in found.items()}


def _topic(settings: Settings, name: str) -> Topic:
    return Topic(_servers(settings), name, timeout=_TIMEOUT_SECONDS)


def _servers(settings: Settings) -> ClientConfig:
    return {"bootstrap.servers": f"{HOST}:{settings.kafka_port}"}
