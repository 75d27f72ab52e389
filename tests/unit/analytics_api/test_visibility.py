"""Rows that became visible, as the histogram has them."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.metrics.export import Histogram

from analytics_api import visibility
from service_runtime.age_classes import CLASSES
from service_runtime.age_histogram import AgeHistogram
from warehouse.row_ages import RowAges

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ages(topic: str, *, counted: float, young: int, old: int = 0) -> RowAges:
    """Of which so many were new and so many a week old, counted some seconds ago."""
    moment = NOW - timedelta(seconds=counted)
    return RowAges(topic, 0, 9, moment, [young, *[0] * (CLASSES - 2), old])


def test_a_row_is_as_old_as_it_was_when_counted_and_the_time_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    histogram = AgeHistogram("t", "t", description="t", bounds=[1, 10])
    monkeypatch.setattr(visibility, "freshness", histogram)
    found = [
        ages("a", counted=0, young=2),
        ages("a", counted=5, young=3, old=1),
        ages("b", counted=-5, young=4),
    ]
    visibility.report_visible(found, now=NOW)
    [metric] = histogram.read().metrics
    assert isinstance(metric.data, Histogram)
    points = {dict(p.attributes or {})["topic"]: p.bucket_counts for p in metric.data.data_points}
    assert points == {"a": (2, 3, 1), "b": (4, 0, 0)}
