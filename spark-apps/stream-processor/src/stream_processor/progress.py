"""What Spark says of its micro-batches, as OpenTelemetry metrics and debug logs."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from service_runtime.age_histogram import AgeHistogram
from stream_processor import metric_names as names
from stream_processor.staging_task import StagedPart
from warehouse.ledger import OffsetRange

logger = logging.getLogger(__name__)

_meter = metrics.get_meter(names.METER)
_seconds = _meter.create_histogram(names.BATCH_SECONDS, unit="s", description="One micro-batch")
_rows = _meter.create_counter(names.BATCH_ROWS, unit="{row}", description="Records read from Kafka")
_failures = _meter.create_counter(
    names.QUERY_FAILURES, description="Times that a query ended in error"
)
_refused = _meter.create_counter(
    names.REFUSED_RECORDS, unit="{record}", description="Records that the warehouse refused"
)
freshness: Final = AgeHistogram(
    names.METER,
    names.FRESHNESS,
    description="From an event's own time to its commit in the warehouse",
)


def report_running(running: Callable[[], Mapping[str, bool]]) -> None:
    """Whether each query runs and its batches succeed, by name; asked for each time it is told."""

    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        for query, runs in running().items():
            yield Observation(int(runs), {names.ATTRIBUTE_QUERY: query})

    _meter.create_observable_gauge(
        names.QUERY_RUNNING, [observe], description="1 while a query runs and its batches succeed"
    )


def count_failure(query: str) -> None:
    """A query ended in an error and begins again."""
    _failures.add(1, {names.ATTRIBUTE_QUERY: query})


def report_freshness(parts: Iterable[StagedPart], *, seconds: float) -> None:
    """The rows of these parts were committed so many seconds after their ages were counted."""
    for part in parts:
        freshness.add_ages(part.ages, {names.ATTRIBUTE_TOPIC: part.topic}, seconds=seconds)


def report_refused(record: OffsetRange, reason: str) -> None:
    """The warehouse refused a record, which became a dead letter."""
    _refused.add(1, {names.ATTRIBUTE_TOPIC: record.topic})
    logger.error(
        "the warehouse refused a record, now a dead letter",
        extra={
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.off_from,
            "why": reason,
        },
    )


class ProgressReport:
    """Reports each micro-batch of one query once; those between two looks are left out."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._last_batch: tuple[str, int] | None = None

    def see(self, progress: Mapping[str, Any] | None) -> None:
        """Take Spark's newest progress, if there is one and it is news."""
        if progress is None:
            return
        batch = (progress["runId"], progress["batchId"])
        if batch == self._last_batch:
            return
        self._last_batch = batch
        durations = progress["durationMs"]
        attributes = {names.ATTRIBUTE_QUERY: self._query}
        _seconds.record(durations.get("triggerExecution", 0) / 1000, attributes)
        _rows.add(progress["numInputRows"], attributes)
        run, number = batch
        rows = progress["numInputRows"]
        details = {"run": run, "batch": number, "rows": rows, "ms": durations}
        logger.debug("micro-batch done", extra=attributes | details)
