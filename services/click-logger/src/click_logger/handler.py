"""Handles a batch of records: log first, then profiles; the consumer loop commits last."""

from collections.abc import Callable, Sequence
from datetime import datetime

from confluent_kafka import Message

from click_logger.click_log import ClickLog
from click_logger.metrics import Metrics
from click_logger.profiles import Profiles, by_customer
from click_logger.records import read_records
from event_contracts.names import COLLECTION_LOGS, COLLECTION_PERFIS
from service_runtime.failpoints import hit_failpoint


class ClickLogger:
    """The handler of the consumer loop. Each step may be done again with the same records."""

    def __init__(
        self,
        log: ClickLog,
        profiles: Profiles,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._profiles = profiles
        self._metrics = metrics
        self._clock = clock

    def __call__(self, batch: Sequence[Message], /) -> None:
        """Return when all of the batch is in MongoDB."""
        records = read_records(batch)
        hit_failpoint("after_decode")
        logged = self._log.write(records.events, now=self._clock())
        hit_failpoint("after_log")
        pending = by_customer(logged.events)
        hit_failpoint("before_profiles")
        refused = self._profiles.apply(pending)
        hit_failpoint("after_profiles")
        repeated = len(records.events) - len(logged.events) - logged.refused
        self._metrics.handled(counted=len(logged.events), repeated=repeated, probes=records.probes)
        self._metrics.rejected(records.rejected)
        self._metrics.refused({COLLECTION_LOGS: logged.refused, COLLECTION_PERFIS: refused})
