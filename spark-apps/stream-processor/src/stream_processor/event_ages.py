"""The ages of a batch's events as counts, from which histograms of their freshness are made.

A task counts the ages that its rows had when the batch began; the driver adds the time that the
batch then took, and analytics-api the time until it showed them.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa

from service_runtime.age_classes import CLASSES, EDGES

_EDGES: Final = np.array(EDGES)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def count_ages(moments: pa.ChunkedArray, *, at: datetime) -> list[int]:
    """How many moments, in UTC without a zone, have an age of each class."""
    micros = moments.combine_chunks().view(pa.int64()).to_numpy()
    ages = (at - _EPOCH).total_seconds() - micros / 1e6
    counts: list[int] = np.bincount(_EDGES.searchsorted(ages), minlength=CLASSES).tolist()
    return counts
