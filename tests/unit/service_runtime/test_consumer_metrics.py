"""What a consumer loop measures, as it is exported."""

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from service_runtime import consumer_metrics
from service_runtime.consumer_metrics import ConsumerMetrics


def exported(reader: InMemoryMetricReader) -> dict[str, list[tuple[dict[str, Any], Any]]]:
    data = reader.get_metrics_data()
    assert data is not None
    [resource] = data.resource_metrics
    [scope] = resource.scope_metrics
    return {
        metric.name.removeprefix("service_runtime.consumer."): [
            (dict(point.attributes or {}), getattr(point, "value", getattr(point, "sum", None)))
            for point in metric.data.data_points
        ]
        for metric in scope.metrics
    }


def test_a_partition_that_went_is_no_longer_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(consumer_metrics.metrics, "get_meter", provider.get_meter)
    measured = ConsumerMetrics("g")
    measured.begun(200)
    measured.begun(50)
    measured.failed()
    measured.lag = {("t", 0): 7, ("t", 1): 0}
    group = {"group": "g"}
    assert exported(reader) == {
        "batch.size": [(group, 250)],
        "failures": [(group, 1)],
        "lag": [
            (group | {"topic": "t", "partition": "0"}, 7),
            (group | {"topic": "t", "partition": "1"}, 0),
        ],
    }
    measured.lag = {("t", 1): 3}
    assert exported(reader)["lag"] == [(group | {"topic": "t", "partition": "1"}, 3)]
