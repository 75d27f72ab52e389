"""How many records arrive a second, as far as scaling should know."""

from dataclasses import dataclass
from math import exp
from typing import Final

ATTACK_SECONDS: Final = 60.0
RELEASE_SECONDS: Final = 120.0
# A sample that is so many times the rate is followed at once, two in a row already if less.
LEAP: Final = 2.0
JUMP: Final = 1.4


@dataclass(frozen=True, slots=True)
class Arrival:
    """The rate, and the last sample of it."""

    rate: float
    sample: float


def sampled(before: Arrival | None, sample: float, *, elapsed: float) -> Arrival:
    """The rate after a sample of `elapsed` seconds: rising fast, falling slowly."""
    if before is None or sample > before.rate * LEAP:
        return Arrival(sample, sample)
    twice = min(sample, before.sample)
    if twice > before.rate * JUMP:
        return Arrival(twice, sample)
    time_constant = ATTACK_SECONDS if sample > before.rate else RELEASE_SECONDS
    followed = before.rate + (sample - before.rate) * (1 - exp(-elapsed / time_constant))
    return Arrival(followed, sample)
