"""The classes that ages of events are counted by.

They are 7 % wide, so that a histogram made of the counts some time later has few events in a wrong
bucket.
"""

from itertools import pairwise
from math import sqrt
from typing import Final

_YOUNGEST: Final = 0.01
_OLDEST: Final = 7 * 86_400.0
_STEPS: Final = 255
EDGES: Final = tuple(
    _YOUNGEST ** (1 - step / _STEPS) * _OLDEST ** (step / _STEPS) for step in range(_STEPS + 1)
)
"""In seconds; each is the last age of its class, and one more class is above all of them. A younger
event counts as young as the first, an older one as old as the last."""
AGES: Final = (
    EDGES[0],
    *(sqrt(before * edge) for before, edge in pairwise(EDGES)),
    EDGES[-1],
)
"""The age that stands for each class."""
CLASSES: Final = len(AGES)
