"""Who sets the number of the stream's executors."""

from typing import Any

import pytest
from tests.charts.checkers import schema_findings
from tests.charts.profiles import VALUES, rendered
from tests.support.helm import ROOT, HelmError, Manifest, find, template

STREAM = "vitrine-stream-processor"
NAME = f"{STREAM}-executors"
SCALED = "stream-processor.autoscaling.provider=lag-scaler"
ON = "lag-scaler.enabled=true"
RUNNERS = ["native", "spark-operator"]


def properties(runner: str, *settings: str) -> dict[str, str]:
    objects = rendered("default", f"stream-processor.runner={runner}", *settings)
    if runner == "spark-operator":
        found: dict[str, str] = find(objects, "SparkApplication", STREAM)["spec"]["sparkConf"]
        return found
    text = find(objects, "ConfigMap", f"{STREAM}-spark")["data"]["spark-defaults.conf"]
    return dict(line.split(" ", 1) for line in text.splitlines() if line)


def named(objects: list[Manifest], name: str) -> list[str]:
    return [o["kind"] for o in objects if o["metadata"]["name"] == name]


def least_available(*settings: str) -> int:
    budget = find(rendered("default", *settings), "PodDisruptionBudget", STREAM)
    least: int = budget["spec"]["minAvailable"]
    return least


def stream_scaler(*settings: str) -> dict[str, Any]:
    found: dict[str, Any] = find(rendered("default", SCALED, *settings), "StreamScaler", STREAM)
    return found


def test_by_default_the_number_is_that_of_the_values() -> None:
    objects = rendered("default")
    assert named(objects, NAME) == []
    assert "StreamScaler" not in named(objects, STREAM)
    assert "EXECUTORS_CONFIG_MAP" not in find(objects, "ConfigMap", STREAM)["data"]
    assert not [key for key in properties("native") if "decommission" in key]
    assert least_available() == 2


@pytest.mark.parametrize("profile", ["eks", "minimal"])
def test_no_profile_scales_it(profile: str) -> None:
    assert named(rendered(profile, ON), NAME) == []


def test_on_kind_executors_are_recommended_and_not_set() -> None:
    assert find(rendered("kind"), "StreamScaler", STREAM)["spec"]["mode"] == "Recommend"


def test_an_upgrade_leaves_what_was_asked_for_and_answered() -> None:
    config = find(rendered("default", SCALED), "ConfigMap", NAME)
    assert set(config) == {"apiVersion", "kind", "metadata"}


def test_driver_operator_and_chart_mean_the_same_config_map() -> None:
    objects = rendered("default", SCALED, ON)
    assert find(objects, "ConfigMap", STREAM)["data"]["EXECUTORS_CONFIG_MAP"] == NAME
    assert stream_scaler()["spec"]["target"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": NAME,
    }
    (rule,) = find(objects, "Role", "vitrine-executors")["rules"]
    assert rule == {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": [NAME],
        "verbs": ["get", "patch"],
    }
    binding = find(objects, "RoleBinding", "vitrine-executors")
    (account,) = binding["subjects"]
    assert (
        find(objects, "ServiceAccount", account["name"])["metadata"]["name"]
        == (
            find(objects, "Deployment", "vitrine-lag-scaler")["spec"]["template"]["spec"][
                "serviceAccountName"
            ]
        )
    )
    assert binding["roleRef"]["name"] == "vitrine-executors"


def test_a_stream_of_another_name() -> None:
    objects = rendered("default", SCALED, ON, "stream-processor.fullnameOverride=shop-stream")
    assert named(objects, "shop-stream-executors") == ["ConfigMap"]
    (rule,) = find(objects, "Role", "vitrine-executors")["rules"]
    assert rule["resourceNames"] == ["shop-stream-executors"]


@pytest.mark.parametrize("settings", [(SCALED,), (ON,)])
def test_the_operator_has_no_right_that_it_does_not_need(settings: tuple[str, ...]) -> None:
    assert named(rendered("default", *settings), "vitrine-executors") == []


def test_the_streams_of_other_releases_are_allowed_by_name() -> None:
    streams = "lag-scaler.rbac.sparkStreams={other-executors}"
    rules = find(rendered("default", ON, streams), "Role", "vitrine-lag-scaler")["rules"]
    (rule,) = (rule for rule in rules if "configmaps" in rule["resources"])
    assert (rule["resourceNames"], rule["verbs"]) == (["other-executors"], ["get", "patch"])


def test_the_lag_that_counts_is_that_of_both_topics() -> None:
    spec = stream_scaler()["spec"]
    assert spec["source"]["group"] == "stream-processor"
    assert spec["source"]["topics"] == ["eventos_clientes", "atualizacoes_estoque"]
    assert spec["bounds"] == {"minReplicas": 1, "maxReplicas": 4}


def test_the_crd_takes_it() -> None:
    item = stream_scaler()
    assert schema_findings([item], ["1.37"]) == []
    item["spec"]["mistyped"] = "key"
    assert schema_findings([item], ["1.37"]) != []


@pytest.mark.parametrize("runner", RUNNERS)
def test_executors_may_end_after_their_tasks(runner: str) -> None:
    found = properties(runner, SCALED)
    assert found["spark.decommission.enabled"] == "true"
    script = found["spark.kubernetes.decommission.script"]
    assert f"/decommission.sh {script} " in (ROOT / "spark-apps" / "Dockerfile").read_text()


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        pytest.param((SCALED,), 1, id="the fewest there may be, of which one and the driver"),
        pytest.param((SCALED, "stream-processor.autoscaling.minReplicas=3"), 3, id="three"),
        pytest.param(
            (SCALED, "stream-processor.autoscaling.mode=Recommend"), 2, id="it only recommends"
        ),
    ],
)
def test_a_disruption_is_possible_however_few_there_are(
    settings: tuple[str, ...], least: int
) -> None:
    assert least_available(*settings) == least


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param((SCALED, "stream-processor.autoscaling.minReplicas=9"), "maxReplicas", id="9"),
        pytest.param(("stream-processor.autoscaling.provider=keda",), "provider", id="KEDA"),
    ],
)
def test_what_cannot_work_is_refused(settings: tuple[str, ...], told: str) -> None:
    with pytest.raises(HelmError, match=told):
        template(VALUES["default"], settings=settings)
