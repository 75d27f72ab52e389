"""Airflow itself runs a DAG on a real warehouse, its tasks as processes of this machine."""

from collections.abc import Iterator

import httpx
import psutil
import pytest
from tests.dags.programs import airflow_python
from tests.support.platform import local_settings
from tests.support.waiting import wait_until

from vitrine_local import airflow
from vitrine_local.local_warehouse import local_warehouse
from vitrine_local.platform import LocalPlatform

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""

PAUSED = {"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True"}
"""The demo runs all DAGs; here only the one that is asked for."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    airflow_python()
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("vitrine"))) as running:
        running.start(["redshift-local", "setup"])
        running.start(["redshift-local", "airflow-scheduler"])
        running.start_part("airflow-dags", PAUSED)
        yield running


@pytest.fixture(scope="module")
def api(platform: LocalPlatform) -> Iterator[httpx.Client]:
    """Airflow's API, as the user of the password file."""
    signed_out = httpx.Client(base_url=airflow.url(platform.settings), timeout=60)
    with signed_out as client:
        password = airflow.password_file(platform.layout).read_text()
        told = {"username": airflow.USER, "password": password}
        answer = client.post("/auth/token", json=told).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def _states(api: httpx.Client, dag: str) -> list[str]:
    runs = api.get(f"/api/v2/dags/{dag}/dagRuns").json()["dag_runs"]
    return [run["state"] for run in runs]


def test_a_dag_runs_to_success(platform: LocalPlatform, api: httpx.Client) -> None:
    """Switched on, it runs for the newest interval that is over, without being triggered."""
    dag = "/api/v2/dags/qualidade_dados"
    wait_until(lambda: api.get(dag).is_success, "Airflow has read the DAG", seconds=300, every=2)
    api.patch(dag, json={"is_paused": False}).raise_for_status()
    ended = ["success"]
    wait_until(
        lambda: _states(api, "qualidade_dados") == ended, "the run succeeds", seconds=300, every=2
    )
    warehouse = local_warehouse(platform.settings, platform.layout, application="test")
    try:
        with warehouse.transaction() as reading:
            (checks,) = reading.row("SELECT COUNT(*) FROM resultados_qualidade")
    finally:
        warehouse.close()
    assert checks > 0
    assert _states(api, "etl_diario") == []


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
