"""stream-processor under both runners: the SparkApplication, and the executors' pods."""

import re

import pytest
import yaml
from tests.charts.checkers import schema_findings
from tests.charts.custom import Schema, crd_schema, custom_problems, problems
from tests.charts.profiles import rendered
from tests.support.helm import ROOT, Manifest, find

from spark_runtime.settings import SparkSettings

NAME = "vitrine-stream-processor"
OPERATOR = "stream-processor.runner=spark-operator"
CRD = "reference/schemas/sparkoperator.k8s.io_sparkapplications.yaml"


@pytest.fixture(scope="module")
def operators_schema() -> Schema:
    """Of the operator's own CRD, which is not a part of this repository."""
    places = [ROOT / "shared" / CRD, ROOT.parent / "shared" / CRD]
    found = next((path for path in places if path.exists()), None)
    if found is None:
        pytest.skip(f"the operator's CRD is not at shared/{CRD}")
    return crd_schema(found, "sparkoperator.k8s.io/v1beta2")


@pytest.mark.parametrize("profile", ["default", "kind", "eks", "minimal"])
def test_the_application_matches_the_operators_schema(
    profile: str, operators_schema: Schema
) -> None:
    application = find(rendered(profile, OPERATOR), "SparkApplication", NAME)
    assert problems(application, operators_schema) == []


@pytest.mark.parametrize(
    ("chart", "kind"),
    [("stream-processor", "SparkApplication"), ("batch-etl", "ScheduledSparkApplication")],
)
@pytest.mark.parametrize("told", ["", "null"])
def test_a_heap_that_nobody_sets_is_the_programs_own(chart: str, kind: str, told: str) -> None:
    operator = f"{chart}.runner=spark-operator"
    objects = rendered("default", operator, f"{chart}.config.sparkDriverMemory={told}")
    application = find(objects, kind, f"vitrine-{chart}")
    spec = application["spec"].get("template", application["spec"])
    assert spec["driver"]["memory"] == SparkSettings.model_fields["spark_driver_memory"].default
    assert custom_problems(application) == []


def test_a_driver_may_leave_out_its_cpus() -> None:
    settings = [f"stream-processor.resources.{each}.cpu=null" for each in ("requests", "limits")]
    application = find(rendered("default", OPERATOR, *settings), "SparkApplication", NAME)
    assert custom_problems(application) == []


@pytest.mark.parametrize(
    ("settings", "asked", "limit"),
    [
        pytest.param(("requests.cpu=200m", "limits.cpu=500m"), "200m", "500m", id="both"),
        pytest.param(("requests.cpu=null", "limits.cpu=500m"), "500m", "500m", id="as Kubernetes"),
        pytest.param(("limits.cpu=null",), "500m", None, id="no limit"),
    ],
)
def test_a_driver_does_not_ask_for_more_cpu_than_its_limit(
    settings: tuple[str, ...], asked: str, limit: str | None
) -> None:
    told = [f"stream-processor.resources.{setting}" for setting in settings]
    driver = find(rendered("default", OPERATOR, *told), "SparkApplication", NAME)["spec"]["driver"]
    assert (driver["coreRequest"], driver.get("coreLimit")) == (asked, limit)


def _cores(*settings: str) -> tuple[dict[str, str], dict[str, str]]:
    """What an executor asks for and gets at most, as both runners tell Spark."""
    told = [f"stream-processor.executor.{setting}" for setting in settings]
    text = find(rendered("default", *told), "ConfigMap", f"{NAME}-spark")["data"]
    properties = dict(re.findall(r"(\w+)\.cores (.*)", text["spark-defaults.conf"]))
    executor = find(rendered("default", OPERATOR, *told), "SparkApplication", NAME)["spec"][
        "executor"
    ]
    fields = {"executor": "cores", "request": "coreRequest", "limit": "coreLimit"}
    return properties, {
        name: str(executor[field]) for name, field in fields.items() if field in executor
    }


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param((), {"request": "500m", "limit": "1"}, id="by default"),
        pytest.param(
            ("coreRequest=0.25", "coreLimit=500m"), {"request": "0.25", "limit": "500m"}, id="less"
        ),
        pytest.param(("coreRequest=null",), {"limit": "1"}, id="its cores are asked for"),
        pytest.param(("coreLimit=null",), {"request": "500m"}, id="no limit"),
    ],
)
def test_executors_get_the_cpu_that_is_told(
    settings: tuple[str, ...], told: dict[str, str]
) -> None:
    native, operator = _cores(*settings)
    assert native == operator == {"executor": "1", **told}


def test_a_mistyped_field_is_found(operators_schema: Schema) -> None:
    application = find(rendered("default", OPERATOR), "SparkApplication", NAME)
    application["spec"]["driver"]["coresLimit"] = "1"
    application["spec"]["executor"]["instances"] = "two"
    found = " ".join(problems(application, operators_schema))
    assert "coresLimit" in found
    assert "'two' is not of type 'integer'" in found


def test_a_stream_is_started_again_whatever_it_ends_with() -> None:
    spec = find(rendered("default", OPERATOR), "SparkApplication", NAME)["spec"]
    assert spec["restartPolicy"] == {
        "type": "Always",
        "onFailureRetryInterval": 10,
        "onSubmissionFailureRetryInterval": 20,
    }


def _native_executor(profile: str) -> Manifest:
    text = find(rendered(profile), "ConfigMap", f"{NAME}-spark")["data"]["executor.yaml"]
    executor: Manifest = yaml.safe_load(text)
    return executor


def _executor(profile: str, runner: str) -> Manifest:
    if runner == "native":
        return _native_executor(profile)
    spec = find(rendered(profile, OPERATOR), "SparkApplication", NAME)["spec"]
    return {"apiVersion": "v1", "kind": "Pod"} | spec["executor"]["template"]


def _operators_driver(*settings: str) -> Manifest:
    spec = find(rendered("default", OPERATOR, *settings), "SparkApplication", NAME)["spec"]
    (container,) = spec["driver"]["template"]["spec"]["containers"]
    found: Manifest = container
    return found


def test_containers_are_named_as_spark_and_its_operator_look_for_them() -> None:
    assert _operators_driver()["name"] == "spark-kubernetes-driver"
    for runner in ("native", "spark-operator"):
        (container,) = _executor("default", runner)["spec"]["containers"]
        assert container["name"] == "spark-kubernetes-executor"
    named = _properties("default")["spark.kubernetes.executor.podTemplateContainerName"]
    assert named == "spark-kubernetes-executor"


def test_spark_makes_no_policy_since_the_operator_may_not() -> None:
    spec = find(rendered("default", OPERATOR), "SparkApplication", NAME)["spec"]
    left_out = spec["sparkConf"]["spark.kubernetes.driver.pod.excludedFeatureSteps"]
    assert left_out == "org.apache.spark.deploy.k8s.features.NetworkPolicyFeatureStep"


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        pytest.param((), 300, id="after the time that a start may take"),
        pytest.param(("startup.periodSeconds=6", "startup.failureThreshold=10"), 60, id="told"),
        pytest.param(("liveness.initialDelaySeconds=90",), 90, id="told by itself"),
    ],
)
def test_no_probe_keeps_executors_from_the_operators_driver(
    settings: tuple[str, ...], seconds: int
) -> None:
    driver = _operators_driver(*(f"stream-processor.probes.{setting}" for setting in settings))
    assert {key for key in driver if key.endswith("Probe")} == {"livenessProbe"}
    assert driver["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert driver["livenessProbe"]["initialDelaySeconds"] == seconds


@pytest.mark.parametrize("runner", ["native", "spark-operator"])
@pytest.mark.parametrize("profile", ["default", "kind", "minimal"])
def test_executors_are_restricted_and_hold_no_password(profile: str, runner: str) -> None:
    executor = _executor(profile, runner)
    executor["metadata"]["name"] = "executor"
    assert schema_findings([executor]) == []
    spec = executor["spec"]
    (container,) = spec["containers"]
    assert not spec["automountServiceAccountToken"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert "secrets" not in {volume["name"] for volume in spec["volumes"]}


def _properties(profile: str) -> dict[str, str]:
    text = find(rendered(profile), "ConfigMap", f"{NAME}-spark")["data"]["spark-defaults.conf"]
    return dict(line.split(" ", 1) for line in text.splitlines() if line)


def test_executors_find_the_driver() -> None:
    objects = rendered("kind")
    properties, service = _properties("kind"), find(objects, "Service", f"{NAME}-driver")
    assert properties["spark.driver.host"] == f"{NAME}-driver.vitrine.svc"
    assert service["spec"]["publishNotReadyAddresses"]
    assert {str(port["port"]) for port in service["spec"]["ports"]} == {
        properties["spark.driver.port"],
        properties["spark.driver.blockManager.port"],
    }
    assert properties["spark.blockManager.port"] == properties["spark.driver.blockManager.port"]


def test_a_property_of_the_values_is_set_under_both_runners() -> None:
    setting = r"stream-processor.sparkConf.spark\.locality\.wait=2s"
    native = find(rendered("kind", setting), "ConfigMap", f"{NAME}-spark")["data"]
    assert "spark.locality.wait 2s" in native["spark-defaults.conf"].splitlines()
    spec = find(rendered("kind", setting, OPERATOR), "SparkApplication", NAME)["spec"]
    assert spec["sparkConf"]["spark.locality.wait"] == "2s"


@pytest.mark.parametrize("runner", ["native", "spark-operator"])
def test_driver_and_executors_share_the_checkpoint(runner: str) -> None:
    objects = rendered("kind", f"stream-processor.runner={runner}")
    claim = find(objects, "PersistentVolumeClaim", f"{NAME}-checkpoint")["metadata"]["name"]
    if runner == "native":
        driver = find(objects, "Deployment", f"{NAME}-driver")["spec"]["template"]["spec"]
    else:
        driver = find(objects, "SparkApplication", NAME)["spec"]["driver"]["template"]["spec"]
    for spec in (driver, _executor("kind", runner)["spec"]):
        volumes = {v["name"]: v for v in spec["volumes"]}
        assert volumes["checkpoint"]["persistentVolumeClaim"]["claimName"] == claim


@pytest.mark.parametrize("runner", ["native", "spark-operator"])
def test_one_of_driver_and_executors_moves_at_a_time(runner: str) -> None:
    settings = (f"stream-processor.runner={runner}", "stream-processor.executor.instances=3")
    budget = find(rendered("default", *settings), "PodDisruptionBudget", NAME)["spec"]
    assert budget["minAvailable"] == 3
    chosen = budget["selector"]["matchLabels"].items()
    assert chosen <= _executor("default", runner)["metadata"]["labels"].items()


def test_prometheus_finds_the_operators_driver() -> None:
    objects = rendered("default", OPERATOR, "global.serviceMonitor.enabled=true")
    service = find(objects, "Service", f"{NAME}-metrics")
    driver = find(objects, "SparkApplication", NAME)["spec"]["driver"]["template"]
    assert service["spec"]["selector"].items() <= driver["metadata"]["labels"].items()
    assert {"name": "metrics", "containerPort": 9464} in driver["spec"]["containers"][0]["ports"]
    wanted = find(objects, "ServiceMonitor", "vitrine")["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert service["spec"]["ports"] == [{"name": "metrics", "port": 9464}]


@pytest.mark.parametrize("runner", ["native", "spark-operator"])
def test_driver_and_executors_trust_a_private_authority(runner: str) -> None:
    settings = (f"stream-processor.runner={runner}", "global.caBundle.existingConfigMap=ca")
    objects = rendered("default", *settings)
    if runner == "native":
        config = find(objects, "ConfigMap", f"{NAME}-spark")["data"]
        driver = find(objects, "Deployment", f"{NAME}-driver")["spec"]["template"]
        executor = yaml.safe_load(config["executor.yaml"])
        lines = config["spark-defaults.conf"].splitlines()
        properties = dict(line.split(" ", 1) for line in lines if line)
    else:
        spec = find(objects, "SparkApplication", NAME)["spec"]
        driver, executor = spec["driver"]["template"], spec["executor"]["template"]
        properties = spec["sparkConf"]
    for role, pod in (("driver", driver), ("executor", executor)):
        assert [c["name"] for c in pod["spec"]["initContainers"]] == ["trust"]
        assert {"ca", "trust"} <= {volume["name"] for volume in pod["spec"]["volumes"]}
        options = properties[f"spark.{role}.defaultJavaOptions"]
        assert "-Djavax.net.ssl.trustStore=/etc/vitrine/trust/ca.p12" in options
