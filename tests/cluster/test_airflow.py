"""Airflow's own executor runs every DAG on the cluster, with the rights that the chart gives it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from tests.cluster.cluster import Cluster
from tests.cluster.release import MARKS, Release, make_namespace
from tests.dags.programs import airflow_python
from tests.support.airflow import PAUSED, Airflow, signed_in
from tests.support.platform import local_settings

from vitrine_local.platform import LocalPlatform

pytestmark = [*MARKS, pytest.mark.slow]

NAMESPACE: Final = "airflow-test"
ACCOUNT: Final = "airflow-worker"
_SECONDS: Final = 900
"""A run of Spark in pods, on a machine that is busy with all of the platform."""


@dataclass(frozen=True)
class OnCluster:
    """An Airflow outside the cluster, whose tasks are pods in it."""

    release: Release
    dags: Airflow

    def pods_of(self, dag: str, conf: dict[str, Any] | None = None) -> set[str]:
        """Run a DAG; the names of its pods without their random ends, as the cluster tells them."""
        before = self._scheduled()
        self.dags.run(dag, conf, seconds=_SECONDS)
        return {name.rpartition("-")[0] for name in self._scheduled() - before}

    def _scheduled(self) -> set[str]:
        """Every pod that was given to a node within the hour, also those that are gone."""
        of_pods = "--field-selector=involvedObject.kind=Pod,reason=Scheduled"
        found = self.release.cluster.objects("events", of_pods)
        return {event["involvedObject"]["name"] for event in found}


@contextmanager
def _kubeconfig(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """Of a service account in a namespace of its own, for as long as that lives."""
    own = replace(cluster, namespace=NAMESPACE)
    make_namespace(own)
    try:
        own.kubectl("create", "serviceaccount", ACCOUNT)
        yield own.config_of(ACCOUNT)
    finally:
        cluster.kubectl("delete", "namespace", NAMESPACE)


@pytest.fixture(scope="module")
def on_cluster(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnCluster]:
    airflow_python()
    account = {"name": ACCOUNT, "namespace": NAMESPACE}
    release.upgrade(**{f"airflow.serviceAccounts[0].{key}": text for key, text in account.items()})
    with (
        _kubeconfig(release.cluster) as config,
        LocalPlatform(local_settings(tmp_path_factory.mktemp("vitrine"))) as platform,
    ):
        connection = {"conn_type": "kubernetes", "extra": {"kube_config": json.dumps(config)}}
        told = {
            "VITRINE_LOCAL_COMMAND": "",
            "VITRINE_NAMESPACE": release.cluster.namespace,
            "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        }
        platform.start(["redshift-local", "setup"])
        platform.start(["redshift-local", "airflow"])
        platform.start_part("airflow-scheduler", told)
        platform.start_part("airflow-dags", told | PAUSED)
        with signed_in(platform) as dags:
            yield OnCluster(release, dags)


def test_the_checks_are_a_pod(on_cluster: OnCluster) -> None:
    assert "platform-jobs-quality" in on_cluster.pods_of("qualidade_dados")


def test_the_stream_is_checked_and_the_ledger_folded(on_cluster: OnCluster) -> None:
    jobs = ("stream-check", "fold", "close-minutes")
    expected = {f"platform-jobs-{job}" for job in jobs}
    assert expected <= on_cluster.pods_of("atualizacao_streaming_horaria")


def test_a_day_is_loaded_checked_and_reconciled(on_cluster: OnCluster) -> None:
    expected = {"batch-etl-aguardar", "batch-etl-etl", "platform-jobs-quality"}
    assert expected | {"batch-etl-reconciliar"} <= on_cluster.pods_of("etl_diario")


def test_any_days_are_loaded(on_cluster: OnCluster) -> None:
    day = (datetime.now(UTC).date() - timedelta(20)).isoformat()
    pods = on_cluster.pods_of("backfill", {"de": day, "ate": day})
    assert {"batch-etl-backfill", "platform-jobs-quality"} <= pods


@pytest.mark.parametrize(
    ("verb", "what"), [("get", "secrets"), ("create", "jobs"), ("create", "deployments")]
)
def test_airflow_may_do_nothing_else(on_cluster: OnCluster, verb: str, what: str) -> None:
    account = f"--as=system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
    with pytest.raises(AssertionError, match="no"):
        on_cluster.release.cluster.kubectl("auth", "can-i", verb, what, account)
