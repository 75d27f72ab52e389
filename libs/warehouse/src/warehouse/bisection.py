"""Finds by halving the records that the warehouse refuses, and loads all the others."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from warehouse.driver_errors import RefusedDataError
from warehouse.ledger import OffsetRange

Ranges = Sequence[OffsetRange]


def load_around(
    ranges: Ranges,
    *,
    load: Callable[[Ranges], None],
    set_aside: Callable[[OffsetRange, RefusedDataError], None],
) -> None:
    """Load the ranges but for each record that is refused for what it holds: set that aside.

    `load` must write all of its ranges or nothing. Where nothing is refused it is called once,
    else about 2 * log2(offsets) times more for each refused record. The offsets of a partition
    go in order, so that each call continues the ledger and an end between two calls leaves a
    ledger to go on from. Whatever else `load` raises is let through, and all that `set_aside`
    raises: a record that can be neither loaded nor set aside is not left out.
    """
    waiting = [ranges]
    while waiting:
        part = waiting.pop()
        try:
            load(part)
        except RefusedDataError as error:
            if len(part) == len(part[0]) == 1:
                set_aside(part[0], error)
            else:
                waiting += reversed(_halves(part))


def _halves(ranges: Ranges) -> tuple[Ranges, Ranges]:
    """Half of the ranges each; of one range, half of its offsets."""
    middle = len(ranges) // 2
    if middle:
        return ranges[:middle], ranges[middle:]
    (span,) = ranges
    cut = (span.off_from + span.off_to) // 2
    return [replace(span, off_to=cut)], [replace(span, off_from=cut)]
