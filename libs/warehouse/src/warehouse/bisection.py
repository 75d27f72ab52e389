"""Finds the records that the warehouse refuses by halving the batch, and loads all others."""

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
    """Load the ranges, and call `set_aside` for each record whose content is refused.

    `load` must write all of its ranges or nothing. It is called once if nothing is refused, and
    about 2 * log2(offsets) times more for each refused record. Calls keep the order of offsets
    in a partition, so each continues the ledger, also after a crash between two calls. Other
    errors of `load` and all errors of `set_aside` are raised: no record is left out that was
    neither loaded nor set aside.
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
