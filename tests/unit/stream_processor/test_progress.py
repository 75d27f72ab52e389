"""What is exported of the queries."""

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from stream_processor import metric_names as names
from stream_processor import progress


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
