"""Who sets the number of a consumer's pods, and what the operator may do."""

import json
from typing import Any

import pytest
from tests.charts.checkers import schema_findings
from tests.charts.custom import OURS, crd_schema
from tests.charts.profiles import VALUES, rendered
from tests.support.helm import CHARTS, HelmError, Manifest, find, template

LOGGER = "vitrine-click-logger"
SCALER = "click-logger.autoscaling.provider=lag-scaler"
MODE = "click-logger.autoscaling.mode"
KEDA = "click-logger.autoscaling.provider=keda"
ON = "lag-scaler.enabled=true"


def scalers(*settings: str) -> list[str]:
    kinds = ("StreamScaler", "ScaledObject", "HorizontalPodAutoscaler")
    return [o["kind"] for o in rendered("default", *settings) if o["kind"] in kinds]


@pytest.mark.parametrize(
    ("settings", "kinds", "replicas"),
    [
        pytest.param((), [], 2, id="nobody"),
        pytest.param((SCALER,), ["StreamScaler"], None, id="the operator"),
        pytest.param((SCALER, f"{MODE}=Act"), ["StreamScaler"], None, id="it may act"),
        pytest.param((SCALER, f"{MODE}=Recommend"), ["StreamScaler"], 2, id="it recommends"),
        pytest.param((SCALER, f"{MODE}=Observe"), ["StreamScaler"], 2, id="it observes"),
        pytest.param((KEDA,), ["ScaledObject"], None, id="KEDA"),
        pytest.param((KEDA, f"{MODE}=Observe"), ["ScaledObject"], None, id="KEDA has no mode"),
    ],
)
def test_one_sets_the_number_of_pods(
    settings: tuple[str, ...], kinds: list[str], replicas: int | None
) -> None:
    assert scalers(*settings) == kinds
    spec = find(rendered("default", *settings), "Deployment", LOGGER)["spec"]
    assert spec.get("replicas") == replicas


def stream_scaler(*settings: str) -> dict[str, Any]:
    spec: dict[str, Any] = find(rendered("default", SCALER, *settings), "StreamScaler", LOGGER)[
        "spec"
    ]
    return spec


def test_the_group_that_counts_is_the_one_that_consumes() -> None:
    assert stream_scaler()["source"] == {
        "bootstrapServers": "kafka:9092",
        "group": "click-logger",
        "topics": ["eventos_clientes"],
        "security": {"protocol": "plaintext"},
    }
    assert stream_scaler("click-logger.config.groupId=other")["source"]["group"] == "other"
    name = stream_scaler()["target"]["name"]
    assert find(rendered("default", SCALER), "Deployment", name)


SECURED = (
    "global.config.kafkaSecurity=sasl-scram",
    "global.config.kafkaUsername=shop",
    "global.secrets.kafkaPassword.existingSecret=kafka",
    "global.secrets.kafkaCa.existingSecret=kafka-ca",
    "global.secrets.kafkaCa.key=ca.crt",
)


def test_the_operator_reads_the_secrets_of_the_consumer_and_no_other() -> None:
    assert stream_scaler(*SECURED)["source"]["security"] == {
        "protocol": "sasl-scram",
        "username": "shop",
        "passwordSecret": {"name": "kafka", "key": "kafka_password"},
        "caSecret": {"name": "kafka-ca", "key": "ca.crt"},
    }
    role = find(rendered("default", ON, *SECURED), "Role", "vitrine-lag-scaler")
    rules = {r: rule for rule in role["rules"] for r in rule["resources"]}
    assert rules["secrets"]["resourceNames"] == ["kafka", "kafka-ca"]
    assert rules["secrets"]["verbs"] == ["get"]


def test_keda_reads_what_it_needs_from_a_trigger_authentication() -> None:
    named = "click-logger.autoscaling.keda.triggerAuthentication=kafka"
    scaled = find(rendered("default", KEDA, named, *SECURED), "ScaledObject", LOGGER)
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": "kafka"}


def verbs(*settings: str) -> dict[str, set[str]]:
    role = find(rendered("default", ON, *settings), "Role", "vitrine-lag-scaler")
    return {r: set(rule["verbs"]) for rule in role["rules"] for r in rule["resources"]}


def test_the_operator_may_do_what_it_does_and_nothing_else() -> None:
    assert verbs() == {
        "streamscalers": {"list", "watch"},
        "streamscalers/status": {"patch"},
        "deployments": {"get"},
        "deployments/scale": {"get", "patch"},
        "statefulsets": {"get"},
        "statefulsets/scale": {"get", "patch"},
        "horizontalpodautoscalers": {"list"},
        "scaledobjects": {"list"},
        "leases": {"get", "patch"},
        "events": {"create"},
    }
    kinds = {o["kind"] for o in rendered("default", ON)}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}


def kafka_ports(*settings: str) -> set[int]:
    """Where the policies of the operator's pod let it reach brokers."""
    policies = [
        o["spec"]
        for o in rendered("default", ON, SCALER, *settings)
        if o["kind"] == "NetworkPolicy"
        and o["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/name") == "lag-scaler"
    ]
    rules = [rule for spec in policies for rule in spec["egress"] if "to" not in rule]
    return {port["port"] for rule in rules for port in rule["ports"]}


OWN_BROKERS = "click-logger.config.kafkaBootstrapServers=other:9999"


@pytest.mark.parametrize(
    ("settings", "added"),
    [
        pytest.param((), set(), id="those of all"),
        pytest.param((OWN_BROKERS,), {9999}, id="those of the consumer"),
        pytest.param(
            (OWN_BROKERS, "click-logger.autoscaling.provider=none"), set(), id="it is not scaled"
        ),
        pytest.param(
            (OWN_BROKERS, "global.networkPolicy.egress.kafka[0].ports[0].port=1"),
            {1},
            id="peers are named",
        ),
    ],
)
def test_the_operator_reaches_the_brokers_of_who_is_scaled(
    settings: tuple[str, ...], added: set[int]
) -> None:
    assert kafka_ports(*settings) - {9092} == kafka_ports() - {9092} | added


def test_other_kinds_are_allowed_by_name() -> None:
    found = verbs(
        "lag-scaler.rbac.targets[0].apiGroup=argoproj.io",
        "lag-scaler.rbac.targets[0].resources={rollouts}",
        "lag-scaler.rbac.configMaps={brokers}",
    )
    assert found["rollouts/scale"] == {"get", "patch"}
    assert found["configmaps"] == {"get"}
    assert "deployments" not in found


def test_the_lease_is_there_before_the_operator() -> None:
    objects = rendered("default", ON)
    lease = find(objects, "Lease", "vitrine-lag-scaler")
    config = find(objects, "ConfigMap", "vitrine-lag-scaler")["data"]
    assert config["LEASE_NAME"] == lease["metadata"]["name"]
    assert config["NAMESPACE"] == lease["metadata"]["namespace"]


def test_one_operator_ends_before_the_next_begins() -> None:
    spec = find(rendered("default", ON), "Deployment", "vitrine-lag-scaler")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_it_is_there_where_it_is_asked_for() -> None:
    def operators(objects: list[Manifest]) -> int:
        return sum(o["metadata"]["name"] == "vitrine-lag-scaler" for o in objects)

    assert operators(rendered("default")) == 0
    assert operators(rendered("kind")) > 0
    assert find(rendered("kind"), "StreamScaler", LOGGER)["spec"]["mode"] == "Act"


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param((), id="in the clear"),
        pytest.param(SECURED, id="by name and password"),
        pytest.param(
            (
                "click-logger.autoscaling.mode=Recommend",
                "click-logger.autoscaling.peaks[0].name=campaign",
                "click-logger.autoscaling.peaks[0].start=2026-11-27T20:00:00Z",
                "click-logger.autoscaling.peaks[0].end=2026-11-27T23:00:00Z",
                "click-logger.autoscaling.peaks[0].replicas=6",
            ),
            id="with a campaign",
        ),
    ],
)
def test_the_crd_takes_it(settings: tuple[str, ...]) -> None:
    item = find(rendered("default", SCALER, *settings), "StreamScaler", LOGGER)
    assert schema_findings([item], ["1.37"]) == []
    item["spec"]["mistyped"] = "key"
    assert schema_findings([item], ["1.37"]) != []


@pytest.mark.parametrize("chart", ["click-logger", "stream-processor"])
def test_a_chart_takes_the_peaks_that_the_crd_takes(chart: str) -> None:
    spec = crd_schema(OURS["StreamScaler"], "vitrine.dev/v1alpha1")["properties"]["spec"]
    asked = spec["properties"]["peaks"]
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())
    told = schema["definitions"]["peaks"]
    peaks = schema["properties"]["autoscaling"]["properties"]["peaks"]
    assert peaks["$ref"] == "#/definitions/peaks"
    assert told["maxItems"] == asked["maxItems"]
    assert told["items"]["required"] == asked["items"]["required"]
    fields = {
        name: {key: each[key] for key in each.keys() - {"description", "default", "format"}}
        for name, each in asked["items"]["properties"].items()
    }
    moment = {"$ref": "#/definitions/moment"}
    assert told["items"]["properties"] == fields | {"start": moment, "end": moment}


def test_a_disruption_takes_one_pod_at_a_time_however_many_there_are() -> None:
    budget = find(rendered("default", SCALER), "PodDisruptionBudget", LOGGER)
    assert budget["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param(
            (SCALER, "click-logger.autoscaling.minReplicas=9"), "maxReplicas", id="bounds"
        ),
        pytest.param(("click-logger.autoscaling.provider=hpa",), "provider", id="no such provider"),
        pytest.param((SCALER, "click-logger.autoscaling.mode=act"), "mode", id="no such mode"),
    ],
)
def test_what_cannot_work_is_refused(settings: tuple[str, ...], named: str) -> None:
    with pytest.raises(HelmError, match=named):
        template(VALUES["default"], settings=settings)
