"""How late rows become visible, as a histogram of each of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from analytics_api import metric_names as names
from service_runtime.age_histogram import AgeHistogram
from warehouse.row_ages import RowAges

freshness: Final = AgeHistogram(
    names.METER, names.FRESHNESS, description="From an event's own time to the figures in memory"
)


def report_visible(ages: Iterable[RowAges], *, now: datetime) -> None:
    """The rows of which these are the ages are visible from now on."""
    for counted in ages:
        seconds = (now - counted.counted_at).total_seconds()
        topic = {names.ATTRIBUTE_TOPIC: counted.topic}
        freshness.add_ages(counted.counts, topic, seconds=seconds)
