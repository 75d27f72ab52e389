"""The OpenTelemetry instruments of a consumer loop."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from service_runtime import metric_names as names

Place: TypeAlias = tuple[str, int]
"""Topic and partition."""


class ConsumerMetrics:
    """Batch sizes, failed attempts, and the lag of each assigned partition."""

    def __init__(self, group_id: str) -> None:
        self.lag: Mapping[Place, int] = {}
        """Records not handled yet, per assigned partition. Assign a new mapping here, since another
        thread reads it."""
        self._group = {names.ATTRIBUTE_GROUP: group_id}
        meter = metrics.get_meter(names.METER)
        self._batch_size = meter.create_histogram(names.CONSUMER_BATCH_SIZE)
        self._failures = meter.create_counter(names.CONSUMER_FAILURES)
        meter.create_observable_gauge(names.CONSUMER_LAG, [self._observe_lag])

    def begun(self, batch_size: int) -> None:
        """Count a batch that the handler gets, for the first time or again."""
        self._batch_size.record(batch_size, self._group)

    def failed(self) -> None:
        """Count an attempt that failed and waits."""
        self._failures.add(1, self._group)

    def _observe_lag(self, _options: CallbackOptions) -> Iterable[Observation]:
        for (topic, partition), lag in self.lag.items():
            place = {names.ATTRIBUTE_TOPIC: topic, names.ATTRIBUTE_PARTITION: str(partition)}
            yield Observation(lag, self._group | place)
