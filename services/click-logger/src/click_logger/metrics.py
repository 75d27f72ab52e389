"""The OpenTelemetry instruments of click-logger."""

from collections.abc import Mapping

from opentelemetry import metrics

from click_logger import metric_names as names
from event_contracts.rejection import Motivo


class Metrics:
    """Counts what became of records. A batch that is handled again after a crash counts again."""

    def __init__(self) -> None:
        meter = metrics.get_meter(names.METER)
        self._events = meter.create_counter(names.EVENTS)
        self._rejected = meter.create_counter(names.REJECTED)
        self._refused = meter.create_counter(names.REFUSED)

    def handled(self, *, counted: int, repeated: int, probes: int) -> None:
        """Count the events of a batch."""
        fates = {names.COUNTED: counted, names.REPEATED: repeated, names.PROBE: probes}
        for fate, count in fates.items():
            if count:
                self._events.add(count, {names.ATTRIBUTE_FATE: fate})

    def rejected(self, reasons: Mapping[Motivo, int]) -> None:
        """Count records that are no events."""
        for reason, count in reasons.items():
            self._rejected.add(count, {names.ATTRIBUTE_REASON: reason.value})

    def refused(self, collections: Mapping[str, int]) -> None:
        """Count documents that MongoDB refused for good."""
        for collection, count in collections.items():
            if count:
                self._refused.add(count, {names.ATTRIBUTE_COLLECTION: collection})
