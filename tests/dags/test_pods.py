"""The pods of tasks are those of the charts: same rights, Secrets, accounts, labels and limits."""

from typing import Any

import pytest
from tests.dags.conftest import OTHERWISE, Inspected
from tests.support.helm import Manifest

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""

OF_A_POD = (
    "automountServiceAccountToken",
    "dnsConfig",
    "enableServiceLinks",
    "restartPolicy",
    "securityContext",
    "serviceAccountName",
    "terminationGracePeriodSeconds",
    "volumes",
)
OF_A_CONTAINER = ("envFrom", "name", "resources", "securityContext", "volumeMounts")
PLATFORM_JOBS = [
    ("etl_diario", "quality"),
    ("etl_diario", "quality_after_reconcile"),
    ("backfill", "quality"),
    ("qualidade_dados", "quality"),
    ("atualizacao_streaming_horaria", "stream_check"),
    ("atualizacao_streaming_horaria", "fold"),
    ("atualizacao_streaming_horaria", "close_minutes"),
]
BATCH_ETL = [
    ("etl_diario", "wait_for_files"),
    ("etl_diario", "etl"),
    ("etl_diario", "reconcile"),
    ("backfill", "backfill"),
]
WITH_SPARK = [("etl_diario", "etl"), ("backfill", "backfill")]


def _compared(template: Manifest) -> dict[str, Any]:
    spec = template["spec"]
    (container,) = spec["containers"]
    found = {name: spec[name] for name in OF_A_POD}
    found |= {name: container[name] for name in OF_A_CONTAINER}
    return found | {"image": container["image"], "env": container.get("env") or []}


def _policy_labels(template: Manifest) -> dict[str, str]:
    """By which the charts' NetworkPolicies know a pod."""
    labels = template["metadata"]["labels"]
    return {name: labels[f"app.kubernetes.io/{name}"] for name in ("name", "instance", "part-of")}


@pytest.mark.parametrize(("dag", "task"), PLATFORM_JOBS)
def test_a_job_runs_as_the_charts_audit_does(inspected: Inspected, dag: str, task: str) -> None:
    template = inspected.audit["spec"]["jobTemplate"]["spec"]["template"]
    pod = inspected.task(dag, task)["pod"]
    assert _compared(pod) == _compared(template)
    assert _policy_labels(pod) == _policy_labels(template)
    job = inspected.task(dag, task)["arguments"][0]
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == job


@pytest.mark.parametrize(("dag", "task"), BATCH_ETL)
def test_a_run_is_the_charts_own(inspected: Inspected, dag: str, task: str) -> None:
    template = inspected.cronjob["spec"]["jobTemplate"]["spec"]["template"]
    pod = inspected.task(dag, task)["pod"]
    assert _compared(pod) == _compared(template)
    assert _policy_labels(pod) == _policy_labels(template)


@pytest.mark.parametrize(("dag", "task"), WITH_SPARK)
def test_a_spark_application_is_the_charts_own(inspected: Inspected, dag: str, task: str) -> None:
    found = inspected.other_task(dag, task)
    template = inspected.scheduled["spec"]["template"]
    assert found["application"]["spec"] == template | {"arguments": found["arguments"]}
    assert found["application"]["kind"] == "SparkApplication"
    assert found["image"] == OTHERWISE["VITRINE_BATCH_ETL_IMAGE"]


@pytest.mark.parametrize("task", ["wait_for_files", "reconcile"])
def test_what_needs_no_spark_has_the_drivers_pod(inspected: Inspected, task: str) -> None:
    pod = inspected.other_task("etl_diario", task)["pod"]
    driver = inspected.scheduled["spec"]["template"]["driver"]["template"]
    expected = _compared(driver) | {"image": OTHERWISE["VITRINE_BATCH_ETL_IMAGE"]}
    assert _compared(pod) == expected
    assert _policy_labels(pod) == _policy_labels(driver)
