"""Sends what is due to one destination, each notice once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from opentelemetry import metrics

from service_runtime.errors import TransientError
from service_runtime.failpoints import hit_failpoint
from stock_alerts import metric_names as names
from stock_alerts.notices import Notice
from stock_alerts.storage import AlertStore

_AT_ONCE: Final = 100


class Destination(Protocol):
    """Where notices go."""

    @property
    def name(self) -> str:
        """Under which the alerts remember what was sent."""

    def deliver(self, notices: Sequence[Notice]) -> None:
        """Send all or, with a TransientError, perhaps none."""


class Delivery:
    """A notice is marked after it was sent, so only a crash in between sends one twice."""

    def __init__(
        self, destination: Destination, store: AlertStore, *, clock: Callable[[], datetime]
    ) -> None:
        self._destination = destination
        self._store = store
        self._clock = clock
        meter = metrics.get_meter(names.METER)
        self._label = {names.ATTRIBUTE_DESTINATION: destination.name}
        self._sent = meter.create_counter(names.NOTICES_SENT)
        self._failures = meter.create_counter(names.SEND_FAILURES)

    def __call__(self) -> None:
        """Send the oldest of what is due, 100 at most. Raises TransientError where the destination
        or MongoDB is away: then they stay due."""
        name = self._destination.name
        notices = self._store.due(name, self._clock())[:_AT_ONCE]
        if not notices:
            return
        hit_failpoint(f"before_{name}")
        try:
            self._destination.deliver(notices)
        except TransientError:
            self._failures.add(1, self._label)
            raise
        hit_failpoint(f"after_{name}")
        self._store.mark_sent(name, notices, self._clock())
        self._sent.add(len(notices), self._label)
