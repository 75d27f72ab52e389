"""The OpenTelemetry instruments of event-producer; one call per group or request."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from event_producer import metric_names as names


class SpoolSize(Protocol):
    """What a spool holds."""

    n_messages: int
    n_bytes: int


class Instruments:
    """Those of this process, each for every topic; `spools` has the spool of each topic."""

    def __init__(self, spools: Mapping[str, SpoolSize]) -> None:
        meter = metrics.get_meter(names.METER)
        self.stored = meter.create_counter(names.EVENTS_STORED, unit="{event}")
        self.refused = meter.create_counter(names.EVENTS_REFUSED, unit="{event}")
        self.skipped = meter.create_counter(names.SEGMENT_SKIPPED, unit="{call}")
        self.drained = meter.create_counter(names.EVENTS_DRAINED, unit="{event}")
        self.size = meter.create_histogram(names.GROUP_SIZE, unit="{event}")
        self.seconds = meter.create_histogram(names.GROUP_SECONDS, unit="s")
        waiting = _observe(spools, lambda spool: spool.n_messages)
        held = _observe(spools, lambda spool: spool.n_bytes)
        meter.create_observable_gauge(names.SPOOL_EVENTS, [waiting], unit="{event}")
        meter.create_observable_gauge(names.SPOOL_BYTES, [held], unit="By")


class Metrics:
    """What event-producer counts of one topic; an update of the stock counts as an event."""

    def __init__(self, instruments: Instruments, topic: str) -> None:
        self._instruments = instruments
        self._topic = {names.ATTRIBUTE_TOPIC: topic}
        self._on_kafka = self._topic | {names.ATTRIBUTE_STORE: names.STORE_KAFKA}
        self._spooled = self._topic | {names.ATTRIBUTE_STORE: names.STORE_SPOOL}

    def group(self, *, on_kafka: int, spooled: int, seconds: float) -> None:
        """Count a stored group: its events on Kafka, in the spool, and its duration."""
        if on_kafka:
            self._instruments.stored.add(on_kafka, self._on_kafka)
        if spooled:
            self._instruments.stored.add(spooled, self._spooled)
        self._instruments.size.record(on_kafka + spooled, self._topic)
        self._instruments.seconds.record(seconds, self._topic)

    def refused(self, motivos: Sequence[str]) -> None:
        """Count refusals; `motivos` has one reason for each bad event or field."""
        self._add_by_motivo(self._instruments.refused, motivos)

    def skipped(self, motivos: Sequence[str]) -> None:
        """Count Segment's calls that became no event; `motivos` has the reason of each."""
        self._add_by_motivo(self._instruments.skipped, motivos)

    def drained(self, n_events: int) -> None:
        """Count events that went from the spool to Kafka."""
        self._instruments.drained.add(n_events, self._topic)

    def _add_by_motivo(self, counter: metrics.Counter, motivos: Sequence[str]) -> None:
        if motivos:
            for motivo, count in Counter(motivos).items():
                counter.add(count, {**self._topic, names.ATTRIBUTE_MOTIVO: motivo})


def _observe(
    spools: Mapping[str, SpoolSize], reading: Callable[[SpoolSize], int]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _options: [
        Observation(reading(spool), {names.ATTRIBUTE_TOPIC: topic})
        for topic, spool in spools.items()
    ]
