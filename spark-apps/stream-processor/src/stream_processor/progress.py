"""What Spark says of its micro-batches, as OpenTelemetry metrics and debug logs."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import metrics

logger = logging.getLogger(__name__)

BATCH_SECONDS: Final = "stream.batch.duration"
BATCH_ROWS: Final = "stream.batch.rows"
QUERY_FAILURES: Final = "stream.query.failures"

_meter = metrics.get_meter("stream_processor")
_seconds = _meter.create_histogram(BATCH_SECONDS, unit="s", description="One micro-batch")
_rows = _meter.create_counter(BATCH_ROWS, unit="{row}", description="Records read from Kafka")
_failures = _meter.create_counter(QUERY_FAILURES, description="Times that a query ended in error")


def count_failure(query: str) -> None:
    """A query ended in an error and begins again."""
    _failures.add(1, {"query": query})


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
        attributes = {"query": self._query}
        _seconds.record(durations.get("triggerExecution", 0) / 1000, attributes)
        _rows.add(progress["numInputRows"], attributes)
        details = {"batch": batch[1], "rows": progress["numInputRows"], "ms": durations}
        logger.debug("micro-batch done", extra=attributes | details)
