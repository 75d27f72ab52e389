"""lag-scaler against the API server itself, with the rights that its chart gives it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from tests.cluster.api_server import ApiServer, api_server
from tests.cluster.cluster import NAMESPACE, Cluster, wait_until
from tests.cluster.node import build
from tests.support.helm import CHARTS, ROOT, Manifest, manifests, prepared_chart, run
from tests.support.lag_scaler import STREAM_EXECUTORS, stream_answer, stream_scaler
from tests.support.platform import free_ports
from tests.support.service import Service

pytestmark = pytest.mark.cluster
ACCOUNT: Final = "lag-scaler"
CRDS: Final = CHARTS / "lag-scaler" / "crds"
KINDS: Final = ("ServiceAccount", "Role", "RoleBinding", "Lease")
TARGET: Final[Manifest] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "click-logger"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "click-logger"}},
        "template": {
            "metadata": {"labels": {"app": "click-logger"}},
            "spec": {"containers": [{"name": "it", "image": "it:1"}]},
        },
    },
}
HPA: Final[Manifest] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "other"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "click-logger"},
        "maxReplicas": 3,
    },
}


def scaler(**spec: Any) -> Manifest:
    """Three replicas at least, of a group whose brokers nobody finds."""
    found = stream_scaler(**spec)
    found["metadata"] = {"name": "click-logger"}
    return found


def define(cluster: Cluster) -> None:
    """Returns when there are StreamScalers."""
    cluster.kubectl("apply", "--server-side", f"--filename={CRDS}")
    crd = "crd/streamscalers.vitrine.dev"
    cluster.kubectl("wait", "--for=condition=Established", crd, "--timeout=60s")


def prepared(server: ApiServer) -> Cluster:
    """With all of the chart but its Deployment."""
    cluster = server.cluster
    cluster.kubectl("create", "namespace", NAMESPACE)
    define(cluster)
    streams = ("--set", f"rbac.sparkStreams={{{STREAM_EXECUTORS}}}")
    options = ("--namespace", NAMESPACE, *streams, "--set", "networkPolicy.enabled=false")
    rendered = run("template", ACCOUNT, prepared_chart(ACCOUNT), *options)
    cluster.apply(*(o for o in manifests(rendered) if o["kind"] in KINDS))
    return cluster


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    if missing := build.missing():
        pytest.skip(f"an API server made here needs {', '.join(missing)}")
    with api_server() as running:
        prepared(running)
        yield running


@pytest.fixture
def cluster(server: ApiServer) -> Iterator[Cluster]:
    """With the CRD, whatever a test before did to it, and a target of one replica."""
    define(server.cluster)
    server.cluster.apply(TARGET)
    yield server.cluster
    everything = "streamscalers,hpa,deployments,events"
    server.cluster.kubectl("delete", everything, "--all", "--timeout=30s")


@contextmanager
def operator(
    server: ApiServer, folder: Path, name: str = "pod-1", **changes: str
) -> Iterator[Service]:
    """A process of it that stands for a pod."""
    (port,) = free_ports(1)
    environment = {
        "KUBECONFIG": str(server.kubeconfig(ACCOUNT)),
        "NAMESPACE": NAMESPACE,
        "LEASE_NAME": ACCOUNT,
        "LEASE_SECONDS": "5",
        "IDENTITY": name,
        "INTERVAL_SECONDS": "1",
        "STATUS_SECONDS": "2",
        "HEALTH_PORT": str(port),
        "FAILPOINTS_DIR": str(folder),
        **changes,
    }
    url = f"http://127.0.0.1:{port}"
    service = Service("lag_scaler.main", environment, url=url, log=folder / f"{name}.log")
    try:
        yield service.wait_ready(within=90)
    finally:
        service.kill()


def replicas(cluster: Cluster) -> int:
    count: int = cluster.object("deployment", "click-logger")["spec"]["replicas"]
    return count


def story(cluster: Cluster) -> str:
    """The events that `kubectl describe` shows below the object itself."""
    return cluster.kubectl("describe", "ssc", "click-logger").partition("\nEvents:")[2]


def waits(cluster: Cluster, condition: str) -> None:
    """As people do, by kubectl."""
    cluster.kubectl("wait", f"--for=condition={condition}", "ssc/click-logger", "--timeout=90s")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            {"bounds": {"minReplicas": 7, "maxReplicas": 6}},
            "spec.bounds.minReplicas is above spec.bounds.maxReplicas",
            id="bounds",
        ),
        pytest.param(
            {"source": {"group": "g", "topics": ["t"]}},
            "give either spec.source.bootstrapServers or spec.source.bootstrapServersConfigMap",
            id="no brokers",
        ),
        pytest.param(
            {
                "source": {
                    "bootstrapServers": "k:9092",
                    "group": "g",
                    "topics": ["t"],
                    "security": {"protocol": "sasl-scram", "username": "u"},
                }
            },
            "sasl-scram needs username and passwordSecret",
            id="no password",
        ),
        pytest.param(
            {
                "peaks": [
                    {
                        "name": "campaign",
                        "start": "2026-11-27T20:00:00Z",
                        "end": "2026-11-27T19:00:00Z",
                        "replicas": 3,
                    }
                ]
            },
            "a peak ends after it starts",
            id="a peak backwards",
        ),
        pytest.param(
            {"override": {"replicas": 9, "until": "2026-11-27T20:00:00Z", "reason": "sale"}},
            "spec.override.replicas is above spec.bounds.maxReplicas",
            id="an override",
        ),
        pytest.param({"mode": "act"}, "Unsupported value", id="no such mode"),
        pytest.param(
            {"target": {"kind": "ConfigMap", "name": STREAM_EXECUTORS}},
            "ConfigMap, which stands for a Spark stream, is of apiVersion v1",
            id="no such ConfigMap",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    cluster: Cluster, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(AssertionError, match=told):
        cluster.apply(scaler(**change))


def test_a_target_stays_the_same(cluster: Cluster) -> None:
    cluster.apply(scaler())
    with pytest.raises(AssertionError, match=r"spec\.target cannot be changed"):
        cluster.apply(scaler(target={"name": "other"}))


def test_every_field_is_explained(cluster: Cluster) -> None:
    told = cluster.kubectl("explain", "streamscaler.spec.objective.maxLagSeconds")
    assert "Seconds that the group may be behind." in told


def test_it_scales_with_the_rights_of_its_chart_and_uses_each(
    server: ApiServer, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.apply(scaler())
    with operator(server, tmp_path) as running:
        waits(cluster, "ScalingActive")
        wait_until(lambda: replicas(cluster) == 3, "three replicas")
        wait_until(lambda: running.status("/readyz") == 200, "it is ready")
        wait_until(lambda: "From 1 to 3 replicas" in story(cluster), "an event")
        head, row = cluster.kubectl("get", "ssc").splitlines()
        assert running.terminate() == 0
    assert head.split()[:4] == ["NAME", "MODE", "TARGET", "CUR"]
    assert row.split()[1:3] == ["Act", "click-logger"]
    assert "finalizers" not in cluster.object("ssc", "click-logger")["metadata"]
    assert cluster.object("lease", ACCOUNT)["spec"]["holderIdentity"] == ""
    role = cluster.object("role", ACCOUNT)
    granted = {(r, v) for rule in role["rules"] for r in rule["resources"] for v in rule["verbs"]}
    asked = {(r, verb) for r, verb, status in server.asked(ACCOUNT) if status < 400}
    refused = {(r, verb) for r, verb, status in server.asked(ACCOUNT) if status in (401, 403)}
    assert refused == {("configmaps", "get")}, "that of the brokers, which is named to no Role"
    assert asked <= granted
    for_other_targets = {("deployments/scale", "get"), ("scaledobjects", "list")}
    others = ("statefulsets", "statefulsets/scale", "configmaps")
    assert {pair for pair in granted - asked if pair[0] not in others} == for_other_targets


def test_it_asks_a_spark_stream_for_executors_with_the_rights_of_its_chart(
    server: ApiServer, cluster: Cluster, tmp_path: Path
) -> None:
    before = {pair for pair in server.asked(ACCOUNT) if pair[0] == "configmaps"}
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}

    def asked_for() -> str | None:
        wanted: str | None = cluster.object("configmap", STREAM_EXECUTORS)["data"].get("wanted")
        return wanted

    with operator(server, tmp_path) as running:
        answer = stream_answer(1, 1, at=datetime.now(UTC))
        cluster.apply({**kind, "metadata": {"name": STREAM_EXECUTORS}, "data": answer})
        cluster.apply(scaler(target={**kind, "name": STREAM_EXECUTORS}))
        wait_until(lambda: asked_for() == "3", "three executors")
        waits(cluster, "ScalingActive")
        wait_until(lambda: "From 1 to 3 replicas" in story(cluster), "an event")
        assert running.terminate() == 0
    assert cluster.object("configmap", STREAM_EXECUTORS)["data"] == {"wanted": "3"} | answer
    cluster.kubectl("delete", "configmap", STREAM_EXECUTORS)
    asked = {pair for pair in server.asked(ACCOUNT) if pair[0] == "configmaps"} - before
    assert {("configmaps", "get", 200), ("configmaps", "patch", 200)} <= asked


def test_killed_between_decision_and_write(
    server: ApiServer, cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "lag-scaler-decided.armed").touch()
    cluster.apply(scaler())
    with operator(server, tmp_path, "pod-1") as first:
        reached = tmp_path / "lag-scaler-decided.reached"
        wait_until(reached.exists, "a decision")
        first.kill()
    assert replicas(cluster) == 1
    reached.unlink()
    with operator(server, tmp_path, "pod-2"):
        wait_until(lambda: replicas(cluster) == 3, "the next one takes over")
        waits(cluster, "ScalingActive")


def test_a_foreign_autoscaler_is_left_alone(
    server: ApiServer, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.apply(HPA)
    cluster.apply(scaler())
    with operator(server, tmp_path):
        waits(cluster, "Conflict")
        assert replicas(cluster) == 1
        told = cluster.kubectl("describe", "ssc")
        assert "Deployment click-logger is also scaled by HorizontalPodAutoscaler other." in told
        cluster.kubectl("delete", "hpa", "other")
        waits(cluster, "Conflict=False")
        wait_until(lambda: replicas(cluster) == 3, "three replicas")


def test_whatever_goes_first_nothing_is_stuck(
    server: ApiServer, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.apply(scaler())
    with operator(server, tmp_path) as running:
        waits(cluster, "ScalingActive")
        cluster.kubectl("delete", f"--filename={CRDS}", "--timeout=30s")
        wait_until(lambda: running.status("/healthz") == 200, "it lives on")
        assert running.terminate() == 0
    cluster.kubectl("apply", "--server-side", f"--filename={CRDS}")
    wait_until(lambda: _applied(cluster), "the CRD is there again")
    cluster.kubectl("delete", "ssc", "click-logger", "--timeout=30s")


def test_the_documented_upgrade_takes_the_crd_from_helm(cluster: Cluster, tmp_path: Path) -> None:
    """Helm owns the fields of what it has installed, and never changes them again."""
    (crd,) = CRDS.iterdir()
    older = tmp_path / crd.name
    older.write_text(crd.read_text().replace('"What is scaled"', '"As it was"'))
    as_helm = ("--server-side", "--force-conflicts", "--field-manager=helm")
    cluster.kubectl("apply", *as_helm, f"--filename={older}")
    assert _column(cluster) == "As it was"
    documented = (ROOT / "docs/lag-scaler.md").read_text()
    (command,) = re.findall(r"^    kubectl (apply .*)$", documented, re.MULTILINE)
    cluster.kubectl(*command.replace("charts/lag-scaler/crds", str(CRDS)).split())
    assert _column(cluster) == "What is scaled"


def _column(cluster: Cluster) -> str:
    crd = cluster.object("crd", "streamscalers.vitrine.dev")
    columns = {c["name"]: c for c in crd["spec"]["versions"][0]["additionalPrinterColumns"]}
    return str(columns["Target"]["description"])


def _applied(cluster: Cluster) -> bool:
    try:
        cluster.apply(scaler())
    except AssertionError:
        return False
    return True
