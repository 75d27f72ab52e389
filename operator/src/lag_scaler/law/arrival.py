"""How many records arrive a second, as far as scaling should know."""

from math import exp
from typing import Final

ATTACK_SECONDS: Final = 30.0
RELEASE_SECONDS: Final = 60.0
# A sample that is so many times the rate is no noise: it is followed at once.
JUMP: Final = 1.4


def arrival_rate(before: float | None, sample: float, *, elapsed: float) -> float:
    """The rate after a sample of `elapsed` seconds: rising fast, falling slowly."""
    if before is None or sample > before * JUMP:
        return sample
    time_constant = ATTACK_SECONDS if sample > before else RELEASE_SECONDS
    return before + (sample - before) * (1 - exp(-elapsed / time_constant))
