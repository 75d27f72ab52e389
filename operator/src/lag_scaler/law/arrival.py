"""How many records arrive a second, as far as scaling should know."""

from dataclasses import dataclass
from math import exp
from typing import Final

ATTACK_SECONDS: Final = 60.0
RELEASE_SECONDS: Final = 120.0
# The rate follows one sample that is this many times as high, or two in a row, at once.
ONE_SAMPLE_RISE: Final = 2.0
TWO_SAMPLE_RISE: Final = 1.4
# In a surge a sample is this many times the rate, and the sample three rounds before. Its last rise
# counts up to MAX_RISE_RATIO times the least of three: noise is as steep, but does not last.
SURGE: Final = 1.3
MAX_RISE_RATIO: Final = 2.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """The rate, the last sample of it and the two before.

    `surge` is how much more arrives with every second, 0 where it does not rise steeply.
    """

    rate: float
    sample: float
    second: float
    third: float
    surge: float = 0.0

    def expected(self, seconds: float) -> float:
        """The rate after so many seconds: the same, unless a surge would at least double it by
        then. A slower growth is followed in time without this."""
        growth = self.surge * seconds
        return self.sample + growth if growth >= self.rate * (ONE_SAMPLE_RISE - 1) else self.rate


def updated_arrival(before: Arrival | None, sample: float, *, elapsed: float) -> Arrival:
    """The rate after a sample of `elapsed` seconds: rising fast, falling slowly."""
    if before is None:
        return Arrival(sample, sample, sample, sample)
    return Arrival(
        rate=_followed(before, sample, elapsed),
        sample=sample,
        second=before.sample,
        third=before.second,
        surge=_rise(before, sample) / elapsed,
    )


def _rise(before: Arrival, sample: float) -> float:
    """The rise from the last sample to this one, if the load has risen for three rounds."""
    if sample < SURGE * max(before.rate, before.third):
        return 0.0
    last = sample - before.sample
    least = min(last, before.sample - before.second, before.second - before.third)
    return max(0.0, min(last, least * MAX_RISE_RATIO))


def _followed(before: Arrival, sample: float, elapsed: float) -> float:
    if sample > before.rate * ONE_SAMPLE_RISE:
        return sample
    twice = min(sample, before.sample)
    if twice > before.rate * TWO_SAMPLE_RISE:
        return twice
    time_constant = ATTACK_SECONDS if sample > before.rate else RELEASE_SECONDS
    return before.rate + (sample - before.rate) * (1 - exp(-elapsed / time_constant))
