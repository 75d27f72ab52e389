"""Values that were counted elsewhere, as the exporters get them."""

from collections.abc import Sequence

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    Histogram,
    HistogramDataPoint,
    MetricExporter,
    MetricExportResult,
    MetricsData,
)
from prometheus_client import REGISTRY

from service_runtime.counted_histogram import (
    Counted,
    CountedHistogram,
    CountingOtlpReader,
    CountingPrometheusReader,
)

NOBODY = Counted([0, 0, 0], 0.0, 0.0, 0.0)


class KeepingExporter(MetricExporter):
    """Keeps the points of all histograms of the newest export."""

    def __init__(self) -> None:
        super().__init__()
        self.points: Sequence[HistogramDataPoint] = []
        self.names: list[str] = []

    def export(self, metrics_data: MetricsData, **_: object) -> MetricExportResult:
        scopes = [scope for each in metrics_data.resource_metrics for scope in each.scope_metrics]
        metrics = [metric for scope in scopes for metric in scope.metrics]
        self.names = [metric.name for metric in metrics]
        data = [metric.data for metric in metrics if isinstance(metric.data, Histogram)]
        self.points = [point for each in data for point in each.data_points]
        return MetricExportResult.SUCCESS

    def force_flush(self, **_: object) -> bool:
        return True

    def shutdown(self, **_: object) -> None:
        pass


def histogram() -> CountedHistogram:
    return CountedHistogram("shop", "shop.age", unit="s", description="Age", bounds=[1, 2])


def test_what_is_added_is_summed_per_attributes_beside_other_instruments() -> None:
    ages, exporter = histogram(), KeepingExporter()
    provider = MeterProvider([CountingOtlpReader(exporter, [ages])], shutdown_on_exit=False)
    provider.get_meter("shop").create_counter("shop.orders").add(1)
    ages.add(NOBODY, {"topic": "a"})
    provider.force_flush()
    assert (exporter.names, exporter.points) == (["shop.orders"], [])
    ages.add(Counted([1, 2, 0], 4.0, 0.5, 1.9), {"topic": "a"})
    ages.add(Counted([0, 0, 3], 30.0, 9.0, 11.0), {"topic": "a"})
    ages.add(Counted([1, 0, 0], 0.1, 0.1, 0.1), {"topic": "b"})
    provider.force_flush()
    assert exporter.names == ["shop.orders", "shop.age"]
    first, second = exporter.points
    assert (first.attributes, first.bucket_counts, first.explicit_bounds) == (
        {"topic": "a"},
        (1, 2, 3),
        (1, 2),
    )
    assert (first.count, first.sum, first.min, first.max) == (6, 34.0, 0.5, 11.0)
    assert first.start_time_unix_nano < first.time_unix_nano
    assert (second.attributes, second.bucket_counts) == ({"topic": "b"}, (1, 0, 0))
    provider.shutdown()


def test_prometheus_gets_it_as_a_histogram() -> None:
    ages = histogram()
    reader = CountingPrometheusReader([ages])
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("shop").create_counter("shop.orders").add(1)
    ages.add(Counted([1, 2, 3], 34.0, 0.5, 11.0), {"topic": "a"})
    found = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if family.name == "shop_age_seconds"
    }
    provider.shutdown()
    assert found == {
        ("shop_age_seconds_bucket", "1.0"): 1,
        ("shop_age_seconds_bucket", "2.0"): 3,
        ("shop_age_seconds_bucket", "+Inf"): 6,
        ("shop_age_seconds_count", None): 6,
        ("shop_age_seconds_sum", None): 34.0,
    }
