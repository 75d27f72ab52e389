"""What was seen of a scaled consumer group on a cluster, and the figures that follow from it.

Times are seconds since the epoch, rates records a second.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

Points: TypeAlias = list[tuple[float, float]]
_RATE_SECONDS: Final = 10.0


class Look(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A StreamScaler and its target at one moment. `generation` is the Deployment's, which grows
    with each change of its spec; `state` is the reason of the condition Ready. The figures are
    absent while the operator has no data."""

    at: float
    replicas: int
    ready: int
    generation: int
    state: str = ""
    reason: str = ""
    explanation: str = ""
    lag: int | None = None
    lag_seconds: float | None = None
    arrival_rate: float | None = None
    capacity: float | None = None


class Offsets(msgspec.Struct, frozen=True, array_like=True):
    """The end and the commit of every partition, as Kafka told them."""

    at: float
    ends: tuple[int, ...]
    committed: tuple[int, ...]


class Told(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened: what a test did, or an event that the operator posted."""

    at: float
    what: str
    message: str = ""


class ScalingRecord(msgspec.Struct, kw_only=True):
    """One run. A look is kept where it differs from the one before, offsets every second. `story`
    is what `kubectl describe` told at the end."""

    objective_seconds: float
    looks: list[Look]
    offsets: list[Offsets] = []
    marks: list[Told] = []
    events: list[Told] = []
    story: str = ""

    @classmethod
    def load(cls, path: Path) -> "ScalingRecord":
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(msgspec.json.encode(self))

    def marked(self, what: str) -> float:
        """When the test did this."""
        return next(mark.at for mark in self.marks if mark.what == what)

    @property
    def capacity(self) -> float:
        """What one replica does, as the operator had learnt at the end."""
        return next(look.capacity for look in reversed(self.looks) if look.capacity)

    def changes(self) -> list[tuple[float, int]]:
        """When the target was seen to ask for another number of replicas, and for how many."""
        pairs = zip(self.looks, self.looks[1:], strict=False)
        return [(b.at, b.replicas) for a, b in pairs if a.replicas != b.replicas]


def ages(offsets: Sequence[Offsets]) -> Points:
    """How many seconds ago the oldest record that is not committed came, by the time at which the
    end of its partition passed it."""
    times = [each.at for each in offsets]
    ends = list(zip(*(each.ends for each in offsets), strict=True))
    return [
        (each.at, max(_ages_of(each, times, ends), default=0.0)) for each in offsets if each.ends
    ]


def _ages_of(
    now: Offsets, times: Sequence[float], ends: Sequence[Sequence[int]]
) -> Iterator[float]:
    for end, committed, of_partition in zip(now.ends, now.committed, ends, strict=True):
        if committed < end:
            came = bisect_right(of_partition, committed)
            yield max(0.0, now.at - times[came])


def lags(offsets: Sequence[Offsets]) -> Points:
    """How many records are not committed."""
    return [(each.at, sum(each.ends) - sum(each.committed)) for each in offsets]


def over(points: Points, level: float, *, after: float = 0.0) -> float | None:
    """When the points first are above a level."""
    return next((at for at, value in points if at >= after and value > level), None)


def arrivals(offsets: Sequence[Offsets]) -> Points:
    """Records a second that came in the last ten seconds."""
    return _rates([(each.at, sum(each.ends)) for each in offsets])


def commits(offsets: Sequence[Offsets]) -> Points:
    """Records a second that were committed in the last ten seconds."""
    return _rates([(each.at, sum(each.committed)) for each in offsets])


def _rates(counts: Sequence[tuple[float, int]]) -> Points:
    times = [at for at, _ in counts]
    found = []
    for at, count in counts:
        since, before = counts[max(0, bisect_right(times, at - _RATE_SECONDS) - 1)]
        if at > since:
            found.append((at, (count - before) / (at - since)))
    return found
