"""Eight of the odd values that a real API server has a say in, beside each other in one namespace.

There are no stores: event-producer is ready without, analytics-api starts and waits.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.charts.custom import SOURCES
from tests.charts.odd_values import ODD
from tests.charts.profiles import VALUES
from tests.cluster.cluster import Cluster, ready, wait_until
from tests.cluster.release import API, MARKS, PRODUCER, Release, make_namespace
from tests.support.go_modules import module_folder
from tests.support.helm import Manifest, prepared_chart
from tests.support.secured_kafka import Certificate

pytestmark = MARKS

NAMESPACE: Final = "odd-values"
AUTHORITY: Final = "an authority for all"
AUTOSCALER: Final = "an autoscaler"
GATEWAY: Final = "a Gateway in another namespace"
CASES: Final = (
    "53 characters of a release",
    "a dot in a release's name",
    "a sidecar",
    "replicas as text",
    "Kafka by certificate",
    AUTOSCALER,
    GATEWAY,
    AUTHORITY,
)
_FEW: Final = {"replicas": 1, "resources": {"requests": {"cpu": "10m"}}}
_SMALL: Final[dict[str, Any]] = {
    PRODUCER: _FEW,
    API: _FEW,
    "stream-processor": {"enabled": False},
    "platform-jobs": {"enabled": False},
    "click-logger": {"enabled": False},
    "inventory-poller": {"enabled": False},
    "stock-alerts": {"enabled": False},
    "batch-etl": {"enabled": False},
}
_EVERYTHING: Final = ("--set=stream-processor.enabled=true", "--set=platform-jobs.enabled=true")


def name_of(case: str) -> str:
    """The release's."""
    named: str = ODD[case].get("release", f"odd-{CASES.index(case)}")
    return named


def chosen(case: str, name: str) -> str:
    """The selector of a deployable's pods and other objects."""
    return f"--selector=app.kubernetes.io/instance={name_of(case)},app.kubernetes.io/name={name}"


def _given(certificate: Certificate) -> list[Manifest]:
    """What the values name, which exists before any install."""
    secrets = {
        "warehouse": {"warehouse_password": "secret"},
        "mongo": {"mongo_url": "mongodb://mongodb"},
        "kafka": {"tls.crt": certificate.chain, "tls.key": certificate.key},
    }
    made: list[Manifest] = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
        for name, data in secrets.items()
    ]
    bundle = {"bundle.pem": certificate.chain}
    metadata = {"name": "company-ca"}
    return [
        *made,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": bundle},
    ]


@pytest.fixture(scope="module")
def cluster(not_installed: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """With all eight installed where only restricted pods are admitted."""
    folder = tmp_path_factory.mktemp("odd")
    cluster = replace(not_installed.cluster, namespace=NAMESPACE)
    module, path = SOURCES["HTTPRoute"]
    make_namespace(cluster)
    cluster.kubectl("apply", "--server-side", f"--filename={module_folder(module) / path}")
    cluster.apply(*_given(Certificate.create(folder)))
    for case in CASES:
        _install(cluster, case, folder)
    yield cluster
    # The charts make nothing outside of it, and nobody waits for it to be gone.
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _install(cluster: Cluster, case: str, folder: Path) -> None:
    files = [VALUES["default"]]
    for name, values in (("small", _SMALL), ("case", ODD[case]["values"])):
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(yaml.safe_dump(values))
    options = [f"--values={file}" for file in files]
    more = _EVERYTHING if case == AUTHORITY else ()
    cluster.helm("install", name_of(case), str(prepared_chart()), *options, *more)


@pytest.mark.parametrize("case", CASES)
def test_its_pods_start(case: str, cluster: Cluster) -> None:
    def have_started() -> bool:
        pods = {name: cluster.objects("pods", chosen(case, name)) for name in (PRODUCER, API)}
        statuses = [s for p in pods[API] for s in p["status"].get("containerStatuses", [])]
        return (
            all(pods.values())
            and all(ready(pod) for pod in pods[PRODUCER])
            and len(statuses) == len(pods[API])
            and all(status.get("started") for status in statuses)
        )

    wait_until(have_started, f"the pods of {case} start")


def test_the_autoscaler_takes_the_number_over(cluster: Cluster) -> None:
    def are_two() -> bool:
        (workload,) = cluster.objects("statefulsets", chosen(AUTOSCALER, PRODUCER))
        return bool(workload["spec"]["replicas"] == 2)

    wait_until(are_two, "there are as many as the autoscaler wants at least")


def test_a_route_is_kept_as_it_was_written(cluster: Cluster) -> None:
    (route,) = cluster.objects("httproutes", chosen(GATEWAY, API))
    (parent,) = route["spec"]["parentRefs"]
    assert (parent["name"], parent["namespace"], parent["sectionName"]) == (
        "web",
        "gateways",
        "https",
    )


@pytest.mark.parametrize("name", [API, PRODUCER, "platform-jobs", "stream-processor"])
def test_the_authorities_are_joined_before_a_program_starts(name: str, cluster: Cluster) -> None:
    def are_joined() -> bool:
        pods = cluster.objects("pods", chosen(AUTHORITY, name))
        states = [s["state"] for p in pods for s in p["status"].get("initContainerStatuses", [])]
        ended = [state["terminated"]["exitCode"] for state in states if "terminated" in state]
        assert not any(ended)
        return bool(pods) and len(ended) == len(pods)

    wait_until(are_joined, f"the bundle of {name} is joined")


def test_no_pod_was_refused(cluster: Cluster) -> None:
    refused = cluster.objects("events", "--field-selector=reason=FailedCreate")
    assert [event["message"] for event in refused] == []
