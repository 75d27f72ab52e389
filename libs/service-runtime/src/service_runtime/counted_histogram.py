"""Histograms of values that are counted elsewhere, thousands at a time.

OpenTelemetry's own histogram takes one value a call, which may cost more than the work that is
measured. The readers in this module add these histograms to what they read.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricsData,
    PeriodicExportingMetricReader,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope


@dataclass(frozen=True, slots=True)
class Counted:
    """Some values: `counts` has one more entry than the histogram has bounds, the last one for what
    is above all of them."""

    counts: Sequence[int]
    total: float
    smallest: float
    largest: float


class CountedHistogram:
    """Cumulative since the process began, for each set of attributes. Threads may share it."""

    def __init__(
        self, meter: str, name: str, *, unit: str, description: str, bounds: Sequence[float]
    ) -> None:
        self.bounds = tuple(map(float, bounds))
        """Upper bounds, each of them included in its bucket."""
        self._scope = InstrumentationScope(meter)
        self._metric = Metric(name, description, unit, _histogram([]))
        self._points: dict[tuple[tuple[str, str], ...], HistogramDataPoint] = {}
        self._lock = Lock()
        self._began = time.time_ns()

    def add(self, values: Counted, attributes: Mapping[str, str]) -> None:
        """Count further values; where there are none this does nothing."""
        if not any(values.counts):
            return
        key = tuple(sorted(attributes.items()))
        with self._lock:
            known = self._points.get(key)
            self._points[key] = (
                self._point(values, attributes) if known is None else _sum(known, values)
            )

    def read(self) -> ScopeMetrics:
        """As an exporter takes it."""
        now = time.time_ns()
        with self._lock:
            points = [replace(point, time_unix_nano=now) for point in self._points.values()]
        metric = replace(self._metric, data=_histogram(points))
        return ScopeMetrics(self._scope, [metric] if points else [], schema_url="")

    def _point(self, values: Counted, attributes: Mapping[str, str]) -> HistogramDataPoint:
        return HistogramDataPoint(
            attributes=dict(attributes),
            start_time_unix_nano=self._began,
            time_unix_nano=self._began,
            count=sum(values.counts),
            sum=values.total,
            bucket_counts=tuple(values.counts),
            explicit_bounds=self.bounds,
            min=values.smallest,
            max=values.largest,
        )


class CountingOtlpReader(PeriodicExportingMetricReader):
    """Exports OpenTelemetry's instruments and these histograms."""

    def __init__(self, exporter: MetricExporter, counted: Sequence[CountedHistogram]) -> None:
        self._counted = counted
        super().__init__(exporter)

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        found = _with_counted(metrics_data, self._counted)
        super()._receive_metrics(found, timeout_millis, **kwargs)


class CountingPrometheusReader(PrometheusMetricReader):
    """Serves OpenTelemetry's instruments and these histograms."""

    def __init__(self, counted: Sequence[CountedHistogram]) -> None:
        self._counted = counted
        super().__init__()

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        found = _with_counted(metrics_data, self._counted)
        super()._receive_metrics(found, timeout_millis, **kwargs)


def _with_counted(data: MetricsData, counted: Sequence[CountedHistogram]) -> MetricsData:
    """The SDK passes None where no instrument has a value."""
    if not data:
        return data
    own, *others = data.resource_metrics
    scopes = [*own.scope_metrics, *(histogram.read() for histogram in counted)]
    return MetricsData([replace(own, scope_metrics=scopes), *others])


def _histogram(points: Sequence[HistogramDataPoint]) -> Histogram:
    return Histogram(points, AggregationTemporality.CUMULATIVE)


def _sum(point: HistogramDataPoint, values: Counted) -> HistogramDataPoint:
    counts = zip(point.bucket_counts, values.counts, strict=True)
    return replace(
        point,
        count=point.count + sum(values.counts),
        sum=point.sum + values.total,
        bucket_counts=tuple(before + more for before, more in counts),
        min=min(point.min, values.smallest),
        max=max(point.max, values.largest),
    )
