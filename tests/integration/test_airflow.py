"""Airflow itself runs a DAG on a real warehouse, its tasks as processes of this machine."""

from collections.abc import Iterator

import httpx
import psutil
import pytest
from tests.dags.programs import airflow_python
from tests.support.airflow import PAUSED, signed_in
from tests.support.platform import local_settings

from vitrine_local import airflow
from vitrine_local.airflow_history import load
from vitrine_local.local_warehouse import local_warehouse
from vitrine_local.platform import LocalPlatform

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    airflow_python()
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("vitrine"))) as running:
        running.start(["redshift-local", "setup"])
        running.start(["redshift-local", "airflow-scheduler"])
        running.start_part("airflow-dags", PAUSED)
        yield running


def test_a_dag_runs_to_success(platform: LocalPlatform) -> None:
    """Switched on, it runs for the newest interval that is over, without being triggered."""
    with signed_in(platform) as dags:
        dags.run("qualidade_dados")
        assert dags.states("etl_diario") == []
    warehouse = local_warehouse(platform.settings, platform.layout, application="test")
    try:
        with warehouse.transaction() as reading:
            (checks,) = reading.row("SELECT COUNT(*) FROM resultados_qualidade")
    finally:
        warehouse.close()
    assert checks > 0


def test_a_history_that_failed_is_run_again_by_the_next_start(platform: LocalPlatform) -> None:
    """The DAG is paused, so that its run stays where it was put."""
    address = airflow.url(platform.settings)
    password = airflow.password_file(platform.layout).read_text()
    params = {"de": "2026-08-22", "ate": "2026-11-28"}
    with signed_in(platform) as dags:
        dags.wait_until_read("backfill")
        load(address, password, params)
        assert dags.states("backfill") == ["queued"]
        dags.end_as("backfill", "history-until-2026-11-28", "failed")
        load(address, password, params)
        assert dags.states("backfill") == ["queued"]
        dags.end_as("backfill", "history-until-2026-11-28", "success")
        load(address, password, params)
        assert dags.states("backfill") == ["success"]


def test_nobody_is_let_in_without_the_password(platform: LocalPlatform) -> None:
    address = airflow.url(platform.settings)
    assert httpx.get(f"{address}/api/v2/dags").status_code == 401
    told = {"username": airflow.USER, "password": airflow.USER}
    assert httpx.post(f"{address}/auth/token", json=told).status_code == 401


def test_it_listens_on_loopback_alone(platform: LocalPlatform) -> None:
    ours = {pid for name in airflow.PARTS for pid in platform.process_ids(name)}
    found = psutil.net_connections("inet")
    listening = {each.laddr for each in found if each.pid in ours and each.status == "LISTEN"}
    assert listening == {("127.0.0.1", platform.settings.airflow_port)}
