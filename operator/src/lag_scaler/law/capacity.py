"""What one consumer can do, learnt while consumers are busy."""

from dataclasses import dataclass, replace
from typing import Final

from lag_scaler.law.steps import speed
from lag_scaler.law.throughput import Episode

# Samples by which half the confidence is reached.
HALF_CONFIDENCE: Final = 2.0
SLOWEST_LEARNING: Final = 0.1
# So much below a well-known capacity, a slow sink is likelier than slow consumers.
SUSPICIOUS: Final = 0.75
SUSPICIOUS_LEARNING: Final = 0.03
WELL_KNOWN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Capacity:
    """Records a second of one consumer: `learnt` when all were busy, else only `proven`, which is
    a lower bound."""

    learnt: float | None = None
    samples: float = 0.0
    proven: float | None = None

    @property
    def per_replica(self) -> float | None:
        return self.proven if self.learnt is None else self.learnt

    @property
    def confidence(self) -> float:
        """From 0, no more than a lower bound, to 1."""
        return self.samples / (self.samples + HALF_CONFIDENCE)

    def doubted(self) -> "Capacity":
        """The same estimate, but quick to give way to the next samples."""
        return replace(self, samples=min(self.samples, 1.0))


def learnt_from(capacity: Capacity, episode: Episode | None, *, partitions: int) -> Capacity:
    """The capacity with what an episode shows: busy consumers do what they can; of others, the
    one with most partitions can do at least what it does."""
    if episode is None or not episode.throughput or episode.ready <= 0:
        return capacity
    if episode.saturated:
        return _with_sample(capacity, episode.throughput / min(episode.ready, partitions))
    return _at_least(capacity, episode.throughput / speed(episode.ready, partitions))


def _at_least(capacity: Capacity, sample: float) -> Capacity:
    if capacity.learnt is not None and sample > capacity.learnt:
        return _with_sample(capacity, sample)
    return replace(capacity, proven=max(capacity.proven or 0.0, sample))


def _with_sample(capacity: Capacity, sample: float) -> Capacity:
    if capacity.learnt is None:
        return Capacity(sample, 1.0, capacity.proven)
    samples = capacity.samples + 1.0
    rate = max(SLOWEST_LEARNING, 1.0 / samples)
    if capacity.confidence > WELL_KNOWN and sample < SUSPICIOUS * capacity.learnt:
        rate = SUSPICIOUS_LEARNING
    return replace(
        capacity, learnt=capacity.learnt + rate * (sample - capacity.learnt), samples=samples
    )
