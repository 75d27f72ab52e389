"""What one consumer can do, learnt while consumers are busy."""

from dataclasses import dataclass, replace
from typing import Final

from lag_scaler.law.steps import speed
from lag_scaler.law.throughput import Episode

# Seconds of measuring that give half of the confidence.
HALF_CONFIDENCE_SECONDS: Final = 60.0
SLOWEST_LEARNING: Final = 0.1
# So far below a capacity that is proven or of some confidence, a slow sink is likelier than slow
# consumers.
SUSPICIOUS: Final = 0.75
SOME_CONFIDENCE: Final = 0.3
DOUBTED_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Records a second of one consumer: `learnt` when all were busy, else only `proven`, which is
    a lower bound."""

    learnt: float | None = None
    seconds: float = 0.0
    proven: float | None = None

    @property
    def per_replica(self) -> float | None:
        return self.proven if self.learnt is None else self.learnt

    @property
    def confidence(self) -> float:
        """From 0, no more than a lower bound, to 1."""
        return self.seconds / (self.seconds + HALF_CONFIDENCE_SECONDS)

    def doubted(self) -> "Capacity":
        """The same estimate, but quick to give way to the next samples."""
        return replace(self, seconds=min(self.seconds, DOUBTED_SECONDS), proven=None)


def learnt_from(capacity: Capacity, episode: Episode | None, *, partitions: int) -> Capacity:
    """The capacity with what an episode shows: busy consumers do what they can; of others, the
    one with most partitions can do at least what it does."""
    if episode is None or not episode.throughput or episode.ready <= 0:
        return capacity
    if episode.saturated:
        sample = episode.throughput / min(episode.ready, partitions)
        return _with_sample(capacity, sample, seconds=episode.seconds)
    sample = episode.throughput / speed(episode.ready, partitions)
    if capacity.learnt is not None and sample > capacity.learnt:
        return _with_sample(capacity, sample, seconds=episode.seconds)
    return replace(capacity, proven=max(capacity.proven or 0.0, sample))


def _with_sample(capacity: Capacity, sample: float, *, seconds: float) -> Capacity:
    """A sample counts by the time that it took, and always for a tenth."""
    total = capacity.seconds + seconds
    if capacity.learnt is None:
        is_slow_sink = sample < SUSPICIOUS * (capacity.proven or 0.0)
        return capacity if is_slow_sink else replace(capacity, learnt=sample, seconds=total)
    rate = max(SLOWEST_LEARNING, seconds / total)
    if capacity.confidence > SOME_CONFIDENCE and sample < SUSPICIOUS * capacity.learnt:
        return capacity
    learnt = capacity.learnt + rate * (sample - capacity.learnt)
    return replace(capacity, learnt=learnt, seconds=total)
