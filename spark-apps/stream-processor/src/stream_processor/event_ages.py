"""The ages of a batch's events as counts, from which a histogram of their freshness is made.

A task counts the ages that its rows had when the batch began; the driver adds the time that the
batch then took. The classes of ages are 7 % wide, so that this moves few rows into a wrong bucket.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from service_runtime.counted_histogram import Counted

_EDGES: Final = np.geomspace(0.01, 7 * 86_400.0, 256)
"""In seconds. A younger event counts as this young, an older one as this old."""
_AGES: Final = np.concatenate([_EDGES[:1], np.sqrt(_EDGES[:-1] * _EDGES[1:]), _EDGES[-1:]])
"""The age that stands for each class."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def count_ages(moments: pa.ChunkedArray, *, at: datetime) -> list[int]:
    """How many moments, in UTC without a zone, have an age of each class."""
    micros = moments.combine_chunks().view(pa.int64()).to_numpy()
    ages = (at - _EPOCH).total_seconds() - micros / 1e6
    counts: list[int] = np.bincount(_EDGES.searchsorted(ages), minlength=len(_AGES)).tolist()
    return counts


def aged(counts: Sequence[int], *, seconds: float, bounds: Sequence[float]) -> Counted:
    """The ages of `count_ages`, all of them some seconds later, by the bounds of a histogram.
    At least one is counted."""
    weights: NDArray[np.int64] = np.asarray(counts)
    ages = _AGES + max(seconds, 0.0)
    buckets = np.bincount(np.searchsorted(bounds, ages), weights, len(bounds) + 1)
    (present,) = weights.nonzero()
    return Counted(
        counts=buckets.astype(np.int64).tolist(),
        total=float(ages @ weights),
        smallest=float(ages[present[0]]),
        largest=float(ages[present[-1]]),
    )
