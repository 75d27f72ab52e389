"""What one consumer can do, learnt while consumers are busy."""

from dataclasses import dataclass, replace
from typing import Final

from lag_scaler.law.steps import speed
from lag_scaler.law.throughput import Episode

# Seconds of measuring that give half of the confidence.
HALF_CONFIDENCE_SECONDS: Final = 60.0
SLOWEST_LEARNING: Final = 0.1
# A sample below this share of the lower bound, or of a capacity of some confidence, is likelier to
# come from a slow sink than from slow consumers.
SLOW_SINK_SHARE: Final = 0.75
SOME_CONFIDENCE: Final = 0.3
LESS_CONFIDENT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Records a second of one consumer: `learnt` while all were busy, else only a `lower_bound`."""

    learnt: float | None = None
    seconds: float = 0.0
    lower_bound: float | None = None

    @property
    def per_replica(self) -> float | None:
        return self.lower_bound if self.learnt is None else self.learnt

    @property
    def confidence(self) -> float:
        """From 0, no more than a lower bound, to 1."""
        return self.seconds / (self.seconds + HALF_CONFIDENCE_SECONDS)

    def with_less_confidence(self) -> "Capacity":
        """The same estimate, which the next samples change quickly."""
        return replace(self, seconds=min(self.seconds, LESS_CONFIDENT_SECONDS), lower_bound=None)


def updated_capacity(capacity: Capacity, episode: Episode | None, *, partitions: int) -> Capacity:
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
    return replace(capacity, lower_bound=max(capacity.lower_bound or 0.0, sample))


def _with_sample(capacity: Capacity, sample: float, *, seconds: float) -> Capacity:
    """A sample counts by the time that it took, and always for a tenth."""
    total = capacity.seconds + seconds
    if capacity.learnt is None:
        is_slow_sink = sample < SLOW_SINK_SHARE * (capacity.lower_bound or 0.0)
        return capacity if is_slow_sink else replace(capacity, learnt=sample, seconds=total)
    rate = max(SLOWEST_LEARNING, seconds / total)
    if capacity.confidence > SOME_CONFIDENCE and sample < SLOW_SINK_SHARE * capacity.learnt:
        return capacity
    learnt = capacity.learnt + rate * (sample - capacity.learnt)
    return replace(capacity, learnt=learnt, seconds=total)
