from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric

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


def exported_metrics(reader: InMemoryMetricReader) -> Iterator[Metric]:
    data = reader.get_metrics_data()
    assert data is not None
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            yield from scope.metrics


def exported(reader: InMemoryMetricReader) -> dict[str, list[float]]:
    return {
        metric.name: [getattr(point, "value", 0.0) for point in metric.data.data_points]
        for metric in exported_metrics(reader)
    }


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    made = InMemoryMetricReader()
    monkeypatch.setattr(metrics.metrics, "get_meter", MeterProvider([made]).get_meter)
    return made


def test_what_a_name_does_not_say_is_described(reader: InMemoryMetricReader) -> None:
    Metrics().decided("click-logger", SEEN)
    described = {m.name: m.description for m in exported_metrics(reader) if m.description}
    assert described == metric_names.DESCRIPTIONS


def test_without_data_no_lag_is_shown(reader: InMemoryMetricReader) -> None:
    measured = Metrics()
    measured.decided("click-logger", SEEN)
    seen = exported(reader)
    assert (seen[metric_names.LAG], seen[metric_names.LAG_SECONDS]) == ([1200], [12.0])
    measured.decided("click-logger", BLIND)
    blind = exported(reader)
    assert blind.keys() & {metric_names.LAG, metric_names.LAG_SECONDS} == set()
    assert blind[metric_names.REPLICAS_CURRENT] == [2]
