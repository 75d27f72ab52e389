from dataclasses import replace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from lag_scaler import metric_names, metrics
from lag_scaler.law import Decision, Figures, Reason
from lag_scaler.metrics import Metrics

FIGURES = Figures(
    lag=1200,
    lag_seconds=12.0,
    arrival_rate=100.0,
    capacity_per_replica=50.0,
    confidence=0.9,
    limit=6,
)
SEEN = Decision(
    replicas=2, current=2, reason=Reason.ENOUGH_REPLICAS, explanation="It does.", figures=FIGURES
)
BLIND = replace(SEEN, reason=Reason.NO_DATA, figures=replace(FIGURES, lag=None, lag_seconds=None))


def exported(reader: InMemoryMetricReader) -> dict[str, list[float]]:
    data = reader.get_metrics_data()
    assert data is not None
    return {
        metric.name: [getattr(point, "value", 0.0) for point in metric.data.data_points]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_without_data_no_lag_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    monkeypatch.setattr(metrics.metrics, "get_meter", MeterProvider([reader]).get_meter)
    measured = Metrics()
    measured.decided("click-logger", SEEN)
    seen = exported(reader)
    assert (seen[metric_names.LAG], seen[metric_names.LAG_SECONDS]) == ([1200], [12.0])
    measured.decided("click-logger", BLIND)
    blind = exported(reader)
    assert blind.keys() & {metric_names.LAG, metric_names.LAG_SECONDS} == set()
    assert blind[metric_names.REPLICAS_CURRENT] == [2]
