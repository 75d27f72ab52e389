"""The dashboard of Grafana asks only for what lag-scaler exports, under Prometheus' names."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.platform import REPOSITORY, free_ports

DASHBOARD: Final = REPOSITORY / "dashboards/grafana/lag-scaler.json"
EXPORTED: Final = """
from prometheus_client import generate_latest

from lag_scaler.law import Decision, Figures, Reason
from lag_scaler.metrics import Metrics
from service_runtime.telemetry import configure_telemetry

configure_telemetry("lag-scaler")
figures = Figures(
    lag=9, lag_seconds=3.0, arrival_rate=2.0, capacity_per_replica=1.0, confidence=0.5, limit=6
)
decision = Decision(
    replicas=2, current=1, reason=Reason.LAG_ABOVE_OBJECTIVE, explanation="", figures=figures
)
metrics = Metrics()
metrics.decided("click-logger", decision)
metrics.scaled("click-logger", decision)
metrics.failed("click-logger")
print(generate_latest().decode())
"""
_FUNCTIONS: Final = {"sum", "by", "increase", "label_values"}


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """The labels of each metric that a process of lag-scaler shows to Prometheus."""
    (port,) = free_ports(1)
    told = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(port)}
    command = [sys.executable, "-c", EXPORTED]
    done = subprocess.run(
        command, env=os.environ | told, capture_output=True, text=True, check=True
    )
    samples = [s for f in text_string_to_metric_families(done.stdout) for s in f.samples]
    return {sample.name: set(sample.labels) for sample in samples}


def unknown(expression: str, exported: dict[str, set[str]]) -> set[str]:
    """Words of a PromQL expression that are no exported metric, and no label of those it names."""
    plain = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    words = set(re.findall(r"[a-z_]{2,}", plain)) - _FUNCTIONS
    metrics = words & exported.keys()
    labels = set().union(*(exported[name] for name in metrics))
    return words - metrics - labels if metrics else words


def expressions() -> Iterator[str]:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["definition"]
            assert variable["query"]["query"] == variable["definition"]


def test_each_expression_is_of_exported_metrics(exported: dict[str, set[str]]) -> None:
    assert {e: found for e in expressions() if (found := unknown(e, exported))} == {}


def test_every_figure_of_a_decision_is_shown(exported: dict[str, set[str]]) -> None:
    shown = " ".join(expressions())
    own = {name for name in exported if re.fullmatch(r"lag_scaler_.*(?<!_created)", name)}
    assert {name for name in own if not re.search(rf"\b{name}\b", shown)} == set()


def test_a_wrong_name_is_found(exported: dict[str, set[str]]) -> None:
    assert unknown("sum by (pod) (lag_scaler_lag)", exported) == {"pod"}
    assert unknown("lag_scaler_lags", exported) == {"lag_scaler_lags"}


def test_panels_lie_beside_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(set(places)) == len(places)
    assert all(x < 24 for x, _ in places)
