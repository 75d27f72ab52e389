"""How late rows become visible, as a histogram of each of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from analytics_api import metric_names as names
from service_runtime.age_classes import BOUNDS, aged
from service_runtime.counted_histogram import CountedHistogram
from warehouse.row_ages import RowAges

freshness: Final = CountedHistogram(
    names.METER,
    names.FRESHNESS,
    unit="s",
    description="From an event's own time to the figures in memory",
    bounds=BOUNDS,
)


def report_visible(ages: Iterable[RowAges], *, now: datetime) -> None:
    """The rows of which these are the ages are visible from now on."""
    for counted in ages:
        seconds = (now - counted.counted_at).total_seconds()
        values = aged(counted.counts, seconds=seconds, bounds=freshness.bounds)
        freshness.add(values, {names.ATTRIBUTE_TOPIC: counted.topic})
