"""The OpenTelemetry instruments of event-producer; one call per group or request."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from event_producer import metric_names as names

Reading = Callable[[], int]


class Metrics:
    """What event-producer counts."""

    def __init__(self, *, spool_events: Reading, spool_bytes: Reading) -> None:
        meter = metrics.get_meter(names.METER)
        self._stored = meter.create_counter(names.EVENTS_STORED, unit="{event}")
        self._refused = meter.create_counter(names.EVENTS_REFUSED, unit="{event}")
        self._skipped = meter.create_counter(names.SEGMENT_SKIPPED, unit="{call}")
        self._drained = meter.create_counter(names.EVENTS_DRAINED, unit="{event}")
        self._size = meter.create_histogram(names.GROUP_SIZE, unit="{event}")
        self._seconds = meter.create_histogram(names.GROUP_SECONDS, unit="s")
        meter.create_observable_gauge(names.SPOOL_EVENTS, [_observe(spool_events)], unit="{event}")
        meter.create_observable_gauge(names.SPOOL_BYTES, [_observe(spool_bytes)], unit="By")

    def group(self, *, on_kafka: int, spooled: int, seconds: float) -> None:
        """Count a stored group: its events on Kafka, in the spool, and its duration."""
        if on_kafka:
            self._stored.add(on_kafka, {names.ATTRIBUTE_STORE: names.STORE_KAFKA})
        if spooled:
            self._stored.add(spooled, {names.ATTRIBUTE_STORE: names.STORE_SPOOL})
        self._size.record(on_kafka + spooled)
        self._seconds.record(seconds)

    def refused(self, motivos: Sequence[str]) -> None:
        """Count refusals; `motivos` has one reason for each bad event or field."""
        _add_by_motivo(self._refused, motivos)

    def skipped(self, motivos: Sequence[str]) -> None:
        """Count Segment's calls that became no event; `motivos` has the reason of each."""
        _add_by_motivo(self._skipped, motivos)

    def drained(self, n_events: int) -> None:
        """Count events that went from the spool to Kafka."""
        self._drained.add(n_events)


def _add_by_motivo(counter: metrics.Counter, motivos: Sequence[str]) -> None:
    if motivos:
        for motivo, count in Counter(motivos).items():
            counter.add(count, {names.ATTRIBUTE_MOTIVO: motivo})


def _observe(reading: Reading) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _options: [Observation(reading())]
