"""Odd but legitimate values: each renders, keeps to Kubernetes' schemas, and has its effect."""

import string
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.charts.checkers import KUBERNETES, schema_findings
from tests.charts.odd_values import ODD
from tests.charts.profiles import VALUES
from tests.support.helm import Manifest, manifests, prepared_chart, run

LONGEST_RELEASE: Final = 53
LIMITS: Final = {"CronJob": 52, "StatefulSet": 52}
"""Of a name; a controller adds to it what must fit in 63 characters."""


def _text(folder: Path, values: dict[str, Any], release: str = "vitrine") -> str:
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    options = ["--values", VALUES["default"], "--values", file, "--namespace", "shop"]
    return run("template", release, prepared_chart(), *options)


@pytest.mark.parametrize("name", ODD)
def test_it_renders_and_is_valid(name: str, tmp_path: Path) -> None:
    case = ODD[name]
    text = _text(tmp_path, case["values"], case.get("release", "vitrine"))
    objects = manifests(text)
    known = [o for o in objects if "sparkoperator" not in o["apiVersion"]]
    assert schema_findings(known, (KUBERNETES[0], KUBERNETES[-1])) == []
    assert case["expect"] in "\n".join(yaml.safe_dump(each) for each in objects) + text


def _names(objects: list[Manifest]) -> list[tuple[str, str]]:
    return [(item["kind"], item["metadata"]["name"]) for item in objects]


@pytest.mark.parametrize("length", [40, 50, LONGEST_RELEASE])
def test_long_names_fit_and_differ(length: int, tmp_path: Path) -> None:
    release = (string.ascii_lowercase * 3)[:length]
    one = _names(manifests(_text(tmp_path, {"shop-simulator": {"enabled": True}}, release)))
    other = _names(manifests(_text(tmp_path, {}, f"{release[:-1]}0")))
    assert len(one) == len(set(one))
    assert not set(one) & set(other)
    for kind, name in one:
        assert len(name) <= LIMITS.get(kind, 63), (kind, name)


def test_an_autoscaled_workload_does_not_say_how_many(tmp_path: Path) -> None:
    scaled = {"autoscaling": {"enabled": True}}
    objects = manifests(_text(tmp_path, {"analytics-api": scaled, "event-producer": scaled}))
    targets = [
        o["spec"]["scaleTargetRef"] for o in objects if o["kind"] == "HorizontalPodAutoscaler"
    ]
    assert len(targets) == 2
    for target in targets:
        (workload,) = (
            o
            for o in objects
            if (o["kind"], o["metadata"]["name"]) == (target["kind"], target["name"])
        )
        assert "replicas" not in workload["spec"]
