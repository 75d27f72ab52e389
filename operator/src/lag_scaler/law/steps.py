"""Which numbers of consumers differ in what they can do, given whole partitions."""

from math import ceil
from typing import Final

TOLERANCE: Final = 1e-9


def speed(consumers: int, partitions: int) -> float:
    """How many consumers' worth of work `consumers` do: the one with most partitions sets the
    pace of all, so that 13 on 24 partitions do what 12 do."""
    if consumers <= 0 or partitions <= 0:
        return 0.0
    return partitions / ceil(partitions / consumers)


def fitting(need: float, partitions: int) -> int:
    """The fewest consumers that do the work of `need` whole ones; all the partitions at most."""
    if need <= 0 or partitions <= 0:
        return 0
    each = max(1, int(partitions / need + TOLERANCE))
    return ceil(partitions / each)
