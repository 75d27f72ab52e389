"""Looks at the stock at intervals, and writes what becomes of the alerts."""

from collections.abc import Callable
from datetime import datetime

from opentelemetry import metrics

from service_runtime.failpoints import hit_failpoint
from stock_alerts import metric_names as names
from stock_alerts.alerts import Policy, changed_alerts
from stock_alerts.stock_client import StockClient
from stock_alerts.storage import AlertStore


class Evaluation:
    """One look at the stock, again and again."""

    def __init__(
        self,
        client: StockClient,
        store: AlertStore,
        policy: Policy,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._store = store
        self._policy = policy
        self._clock = clock
        meter = metrics.get_meter(names.METER)
        self._open = meter.create_gauge(names.OPEN_ALERTS)

    def __call__(self) -> None:
        """Raises TransientError while the API or MongoDB is away: all alerts stay as they are."""
        products = self._client.sold_out_within(self._policy.close_days)
        known = self._store.open_alerts()
        now = self._clock()
        changed = changed_alerts(known, products, self._policy, now)
        hit_failpoint("before_alerts")
        self._store.save(changed)
        hit_failpoint("after_alerts")
        self._store.looked(now)
        closed = sum(alert.closed_at is not None for alert in changed)
        opened = sum(alert.id_produto not in known for alert in changed)
        self._open.set(len(known) + opened - closed)
