"""How far a query of Spark has come, as its checkpoint says."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local.lag import committed


def committed_offsets(checkpoint: Path) -> int:
    """How many offsets of the events the committed micro-batches have read; 0 before the first."""
    done = committed(checkpoint) or {}
    return sum(offset for (topic, _), offset in done.items() if topic == TOPIC_EVENTOS)


@dataclass(frozen=True, slots=True)
class Mark:
    """CPU seconds used, and how many records each query has read, at one moment."""

    at: float
    cpu_seconds: float
    read: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Queries whose progress and cost can be read while they run."""

    cpu_seconds: Callable[[], float]
    read: Callable[[], tuple[int, ...]]
    watch: Callable[[], None]
    """Raises when it has died."""

    def mark_when(self, count: int, *, within: float) -> Mark:
        """The moment at which every query has read so many records."""
        deadline = monotonic() + within
        while True:
            read = self.read()
            if min(read) >= count:
                return Mark(monotonic(), self.cpu_seconds(), read)
            self.watch()
            assert monotonic() < deadline, f"only {read} of {count} records were read"
            sleep(0.2)


def cost(begin: Mark, end: Mark) -> dict[str, float]:
    """Of all queries together, for each million of events that each of them read."""
    millions = (sum(end.read) - sum(begin.read)) / len(end.read) / 1e6
    return {
        "cpu_s_per_million": round((end.cpu_seconds - begin.cpu_seconds) / millions, 2),
        "events_per_s": round(millions * 1e6 / (end.at - begin.at)),
        "cores": round((end.cpu_seconds - begin.cpu_seconds) / (end.at - begin.at), 2),
    }
