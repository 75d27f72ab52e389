"""The OpenTelemetry instruments of lag-scaler."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from lag_scaler import metric_names as names
from lag_scaler.law import Decision

_GAUGES: Final[dict[str, Callable[[Decision], float | None]]] = {
    names.LAG: lambda d: d.figures.lag,
    names.LAG_SECONDS: lambda d: d.figures.lag_seconds,
    names.ARRIVAL_RATE: lambda d: d.figures.arrival_rate,
    names.CAPACITY: lambda d: d.figures.capacity_per_replica,
    names.REPLICAS_CURRENT: lambda d: d.current,
    names.REPLICAS_DESIRED: lambda d: d.replicas,
    names.REPLICAS_LIMIT: lambda d: d.figures.limit,
    names.STUCK_PARTITIONS: lambda d: len(d.figures.stuck),
}


class Metrics:
    """The last decision of each StreamScaler, and how many there were."""

    def __init__(self) -> None:
        self._last: dict[str, Decision] = {}
        meter = metrics.get_meter(names.METER)
        self._decisions = meter.create_counter(names.DECISIONS)
        self._scaled = meter.create_counter(names.SCALED)
        self._failures = meter.create_counter(names.FAILURES)
        for name, of in _GAUGES.items():
            described = names.DESCRIPTIONS.get(name, "")
            meter.create_observable_gauge(name, [partial(self._observe, of)], description=described)

    def decided(self, scaler: str, decision: Decision) -> None:
        """Show the figures of a decision, and count it."""
        self._last = self._last | {scaler: decision}  # another thread reads it
        self._decisions.add(1, self._attributes(scaler, decision))

    def scaled(self, scaler: str, decision: Decision) -> None:
        """Count a decision that was carried out."""
        self._scaled.add(1, self._attributes(scaler, decision))

    def failed(self, scaler: str) -> None:
        """Count a round that Kubernetes did not let end."""
        self._failures.add(1, {names.ATTRIBUTE_SCALER: scaler})

    def forget(self, scaler: str) -> None:
        """Show nothing more of a StreamScaler that is gone."""
        self._last = {name: kept for name, kept in self._last.items() if name != scaler}

    @staticmethod
    def _attributes(scaler: str, decision: Decision) -> dict[str, str]:
        return {
            names.ATTRIBUTE_SCALER: scaler,
            names.ATTRIBUTE_ACTION: decision.action,
            names.ATTRIBUTE_REASON: decision.reason,
        }

    def _observe(
        self, of: Callable[[Decision], float | None], _options: CallbackOptions
    ) -> Iterable[Observation]:
        for scaler, decision in self._last.items():
            value = of(decision)
            if value is not None:
                yield Observation(value, {names.ATTRIBUTE_SCALER: scaler})
