"""The OpenTelemetry instruments of one source."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from inventory_poller import metric_names as names
from inventory_poller.schedule import State


class WebhookOutcome(StrEnum):
    """What became of a webhook."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    REFUSED = "refused"
    DROPPED = "dropped"


class Metrics:
    """What is counted of each source."""

    def __init__(self) -> None:
        self._meter = metrics.get_meter(names.METER)
        self._items = self._meter.create_counter(names.ITEMS, unit="{item}")
        self._requests = self._meter.create_counter(names.REQUESTS, unit="{request}")
        self._heartbeats = self._meter.create_counter(names.HEARTBEATS, unit="{update}")
        self._webhooks = self._meter.create_counter(names.WEBHOOKS, unit="{webhook}")
        self._seconds = self._meter.create_histogram(names.ROUND_SECONDS, unit="s")

    def observe(
        self,
        *,
        freshness: Callable[[], Mapping[str, float]],
        states: Callable[[], Mapping[str, State]],
    ) -> None:
        """Both are by source: the seconds since the last whole round, and the breaker's state."""

        def ages(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(age, {names.ATTRIBUTE_SOURCE: s}) for s, age in freshness().items()]

        def breakers(_options: CallbackOptions) -> Iterable[Observation]:
            return [
                Observation(
                    int(now is state),
                    {names.ATTRIBUTE_SOURCE: source, names.ATTRIBUTE_STATE: state.value},
                )
                for source, now in states().items()
                for state in State
            ]

        self._meter.create_observable_gauge(names.FRESHNESS, [ages], unit="s")
        self._meter.create_observable_gauge(names.BREAKER, [breakers])

    def items(self, source: str, outcomes: Mapping[str, int]) -> None:
        """Count items by what became of them."""
        for outcome, count in outcomes.items():
            attributes = {names.ATTRIBUTE_SOURCE: source, names.ATTRIBUTE_OUTCOME: str(outcome)}
            self._items.add(count, attributes)

    def request(self, source: str, status: int | None) -> None:
        """Count a request by the class of its status; None is one without an answer."""
        kind = f"{status // 100}xx" if status else names.STATUS_NONE
        self._requests.add(1, {names.ATTRIBUTE_SOURCE: source, names.ATTRIBUTE_STATUS: kind})

    def heartbeats(self, source: str, count: int) -> None:
        """Count updates that were repeated."""
        if count:
            self._heartbeats.add(count, {names.ATTRIBUTE_SOURCE: source})

    def webhook(self, source: str, outcome: WebhookOutcome) -> None:
        """Count a webhook by what became of it."""
        attributes = {names.ATTRIBUTE_SOURCE: source, names.ATTRIBUTE_OUTCOME: outcome.value}
        self._webhooks.add(1, attributes)

    def round(self, source: str, seconds: float) -> None:
        """Record the duration of a whole round."""
        self._seconds.record(seconds, {names.ATTRIBUTE_SOURCE: source})
