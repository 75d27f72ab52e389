"""Ages of events, counted by classes in one place and made a histogram in another, later."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from service_runtime.age_classes import AGES
from service_runtime.counted_histogram import Counted, CountedHistogram

BOUNDS: Final = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600, 21_600, 86_400)
"""Of the histograms of freshness, so that they can be compared."""


def aged(counts: Sequence[int], *, seconds: float, bounds: Sequence[float]) -> Counted:
    """How many there are of each class, all of them some seconds later, by the bounds of a
    histogram. At least one is counted."""
    later = max(seconds, 0.0)
    present = [(age + later, count) for age, count in zip(AGES, counts, strict=True) if count]
    buckets = [0] * (len(bounds) + 1)
    for age, count in present:
        buckets[bisect_left(bounds, age)] += count
    return Counted(
        counts=buckets,
        total=sum(age * count for age, count in present),
        smallest=present[0][0],
        largest=present[-1][0],
    )


class AgeHistogram(CountedHistogram):
    """Ages in seconds, given as counts of the classes."""

    def __init__(
        self, meter: str, name: str, *, description: str, bounds: Sequence[float] = BOUNDS
    ) -> None:
        super().__init__(meter, name, unit="s", description=description, bounds=bounds)

    def add_ages(
        self, counts: Sequence[int], attributes: Mapping[str, str], *, seconds: float
    ) -> None:
        """Count these, some seconds after they were counted by class, if there are any."""
        if any(counts):
            self.add(aged(counts, seconds=seconds, bounds=self.bounds), attributes)
