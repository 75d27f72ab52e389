"""What is exported of the queries."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Histogram, InMemoryMetricReader

from stream_processor import metric_names as names
from stream_processor import progress
from stream_processor.event_ages import count_ages
from stream_processor.staging_task import StagedPart


def _running(reader: InMemoryMetricReader) -> dict[str, int]:
    data = reader.get_metrics_data()
    metrics = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics]
    points = [p for m in metrics if m.name == names.QUERY_RUNNING for p in m.data.data_points]
    return {point.attributes["query"]: point.value for point in points}


def test_each_query_tells_whether_it_runs_now(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    monkeypatch.setattr(progress, "_meter", MeterProvider([reader]).get_meter("test"))
    running = {"warehouse": True, "metrics": False}
    progress.report_running(lambda: running)
    assert _running(reader) == {"warehouse": 1, "metrics": 0}
    running["metrics"] = True
    assert _running(reader) == {"warehouse": 1, "metrics": 1}


def _part(topic: str, *ages: float) -> StagedPart:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [at.replace(tzinfo=None) - timedelta(seconds=age) for age in ages]
    column = pa.chunked_array([pa.array(moments, pa.timestamp("us"))])
    counts = count_ages(column, at=at)
    return StagedPart(topic, 0, n_valid=len(ages), n_dead=1, ages=counts)


def test_freshness_counts_the_rows_of_each_topic_and_no_dead_letter() -> None:
    not_counted = StagedPart("a", 1, n_valid=3, n_dead=0)
    parts = [_part("a", 0.1, 4), _part("b"), _part("a", 0.1), _part("c", 90_000), not_counted]
    progress.report_freshness(parts, seconds=1)
    [metric] = progress.freshness.read().metrics
    assert isinstance(metric.data, Histogram)
    points = {dict(point.attributes or {})["topic"]: point for point in metric.data.data_points}
    counted = {
        topic: {
            bound: count
            for bound, count in zip(
                (*point.explicit_bounds, None), point.bucket_counts, strict=True
            )
            if count
        }
        for topic, point in points.items()
    }
    assert counted == {"a": {2.0: 2, 7.5: 1}, "c": {None: 1}}
