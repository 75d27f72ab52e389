from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.platform import local_settings

from stream_processor.main import FENCED_EXIT
from vitrine_local import airflow
from vitrine_local.credentials import Credentials
from vitrine_local.declared_parts import BACKING, needs_of, parts, ports
from vitrine_local.deployables import RUNNING
from vitrine_local.environment import Environments, inherited
from vitrine_local.java import Java
from vitrine_local.layout import Layout
from vitrine_local.part import stop_waves
from vitrine_local.settings import Settings

SECRETS = {"WAREHOUSE_PASSWORD", "MONGO_URL", "AIRFLOW_PASSWORD"}
MODULES = {
    "kafka": "vitrine_local.kafka",
    "mongo": "vitrine_local.mongo_stand_in",
    "postgres": "vitrine_local.postgres_server",
    "s3": "vitrine_local.object_store",
    "redshift-local": "redshift_local.settings",
    "setup": "platform_jobs.settings",
    airflow.HISTORY: "vitrine_local.airflow_history",
    **{name: f"{name.replace('-', '_')}.settings" for name in RUNNING},
}


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    settings = local_settings(tmp_path)
    java = Java(tmp_path, 17, "system", tmp_path)
    credentials = Credentials("password", "id", "key", "token")
    return Environments(settings, Layout.of(settings), credentials, java)


@pytest.mark.parametrize(
    ("wanted", "prepared"),
    [
        pytest.param(["event-producer"], ("kafka",), id="topics alone"),
        pytest.param(["analytics-api"], ("kafka", "redshift-local", "mongo"), id="all stores"),
        pytest.param(["kafka", "setup"], ("kafka",), id="what runs anyway"),
        pytest.param(["setup"], ("kafka", "redshift-local", "mongo"), id="alone it means all"),
    ],
)
def test_setup_prepares_what_is_wanted(wanted: list[str], prepared: tuple[str, ...]) -> None:
    assert needs_of(wanted)["setup"] == prepared


def test_a_deployable_brings_all_that_it_needs(environments: Environments) -> None:
    assert list(parts(["shop-simulator"], environments)) == [
        "kafka",
        "mongo",
        "setup",
        "event-producer",
        "s3",
        "shop-simulator",
    ]


def test_a_fenced_driver_is_not_started_again(environments: Environments) -> None:
    stream = parts(["stream-processor"], environments)["stream-processor"]
    assert list(stream.final_exits) == [FENCED_EXIT]


def test_every_part_has_ports_of_its_own(environments: Environments) -> None:
    used = [
        port
        for name in (*BACKING, *RUNNING, *airflow.PARTS)
        for port in ports(environments.settings, name).values()
    ]
    own = sum(name.endswith("_port") for name in Settings.model_fields)
    assert len(set(used)) == len(used) == own + len(RUNNING)


def test_a_port_is_moved_by_the_variable_that_is_named(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: Mapping[str, int] = {
        variable: port
        for name in (*BACKING, *RUNNING, *airflow.PARTS)
        for variable, port in ports(environments.settings, name).items()
    }
    for variable, port in named.items():
        monkeypatch.setenv(variable, str(port))
    moved = Settings()
    for name in (*BACKING, *RUNNING, *airflow.PARTS):
        assert ports(moved, name) == ports(environments.settings, name)


@pytest.mark.parametrize("name", [name for name in MODULES if find_spec(MODULES[name])])
def test_a_part_is_told_all_that_it_must_know(name: str, environments: Environments) -> None:
    fields = import_module(MODULES[name]).Settings.model_fields
    told = {variable.lower() for variable in environments.of(name).keys() | SECRETS}
    assert {field for field, info in fields.items() if info.is_required()} <= told


@pytest.mark.parametrize("name", [*BACKING, "setup", *RUNNING, *airflow.COMMANDS])
def test_no_secret_is_in_an_environment(name: str, environments: Environments) -> None:
    assert "password" not in environments.of(name).values()


def test_airflow_is_stopped_before_the_stores_of_its_tasks(environments: Environments) -> None:
    wanted = ["redshift-local", *airflow.PARTS]
    needs = {name: part.needs for name, part in parts(wanted, environments).items()}
    assert needs["setup"] == ("redshift-local",)
    first, *_ = stop_waves(list(needs), needs)
    assert first == ["airflow-scheduler", "airflow-dags"]


def test_airflow_listens_on_loopback_and_lets_nobody_in(environments: Environments) -> None:
    told = environments.of("airflow")
    assert told["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS" not in told
    assert told["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_no_setting_of_the_caller_wins_over_a_secret_file() -> None:
    caller = {"PATH": "/bin", "MONGO_URL": "mongodb://other", "AWS_PROFILE": "work", "LC_ALL": "C"}
    assert inherited(caller) == {"PATH": "/bin", "LC_ALL": "C"}
