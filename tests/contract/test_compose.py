"""docker-compose.yml: a Compose file, telling every program what its Settings ask for."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from compose_spec import PyCompose
from pydantic_settings import BaseSettings
from tests.support.helm import ROOT, charts_with_an_image

from vitrine_local import compose_secrets
from vitrine_local.deployables import DEPLOYABLES

TEXT: Final = (ROOT / "docker-compose.yml").read_text()
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(TEXT)
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
BACKING: Final[dict[str, Any]] = yaml.safe_load(
    (ROOT / "k8s" / "kind" / "backing-services" / "values.yaml").read_text()
)
COMPLETED: Final = "service_completed_successfully"
JOBS: Final = {
    name
    for service in SERVICES.values()
    for name, how in service.get("depends_on", {}).items()
    if how["condition"] == COMPLETED
}
OWN: Final = {name for name, service in SERVICES.items() if "build" in service}
STANDARD: Final = ("AWS_", "PYSPARK_SUBMIT_ARGS", "SECRETS_DIR")


def _settings(name: str) -> type[BaseSettings]:
    service = SERVICES[name]
    if service["build"]["dockerfile"] == "local/Dockerfile":
        package, _, program = service["command"][0].partition(".")
        module = f"{package}.settings" if program == "main" else f"{package}.{program}"
    else:
        module = f"{service['build']['args']['PACKAGE'].replace('-', '_')}.settings"
    settings: type[BaseSettings] = import_module(module).Settings
    return settings


def _volumes(service: dict[str, Any]) -> dict[str, str]:
    """Where each volume is mounted."""
    mounts = service.get("volumes", [])
    pairs = (m.split(":") if isinstance(m, str) else (m["source"], m["target"]) for m in mounts)
    return dict(pairs)


def _parse(text: str) -> PyCompose:
    return PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(text)))


def test_it_is_a_compose_file() -> None:
    assert set(_parse(TEXT).service_names()) == set(SERVICES)


@pytest.mark.parametrize(
    ("right", "wrong"), [("healthcheck:", "healthchek:"), ("period: 60s", "period: soon")]
)
def test_a_compose_file_that_is_wrong_is_refused(right: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong.split()[-1].strip(":"))):
        _parse(TEXT.replace(right, wrong))


def test_every_program_that_has_a_chart_is_in_it() -> None:
    on_kubernetes_alone = {n for n, each in DEPLOYABLES.items() if each.kind == "operator"}
    assert charts_with_an_image() - on_kubernetes_alone <= SERVICES.keys()


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_variable_is_a_setting_and_every_need_is_met(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, service = _settings(name), SERVICES[name]
    fields = {field.upper() for field in settings.model_fields}
    given = service["environment"].keys()
    assert {v for v in given if v not in fields and not v.startswith(STANDARD)} == set()
    secrets = set()
    if "SECRETS_DIR" in given:
        assert _volumes(service)["secrets"] == service["environment"]["SECRETS_DIR"]
        monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
        compose_secrets.main()
        secrets = {path.name.upper() for path in tmp_path.iterdir()}
    required = {f.upper() for f, info in settings.model_fields.items() if info.is_required()}
    assert required <= given | secrets


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_has_a_health_or_runs_to_its_end(name: str) -> None:
    is_run_by_hand = "profiles" in SERVICES[name]
    assert ("healthcheck" in SERVICES[name]) != (name in JOBS or is_run_by_hand)


def test_what_is_waited_for_comes() -> None:
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            expected = COMPLETED if name in JOBS else "service_healthy"
            assert how == {"condition": expected}


def test_the_machine_alone_reaches_it() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == sum(each.kind == "http-service" for each in DEPLOYABLES.values())
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_there_is_one_network() -> None:
    assert list(COMPOSE["networks"]) == ["vitrine"]
    assert all(service["networks"] == ["vitrine"] for service in SERVICES.values())


def test_every_volume_is_declared_and_used() -> None:
    used = {name for service in SERVICES.values() for name in _volumes(service)}
    assert used == COMPOSE["volumes"].keys()


def test_no_password_stands_in_it() -> None:
    secret = re.compile("PASSWORD|SECRET|TOKEN|ACCESS_KEY|_URL")
    for service in SERVICES.values():
        for variable, value in service["environment"].items():
            if secret.search(variable):
                assert variable.endswith(("_DIR", "_FILE", "_URL")), variable
                assert "@" not in value, variable


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) == (name in OWN)


@pytest.mark.parametrize("name", sorted(OWN))
def test_an_image_of_ours_is_built_from_what_is_there(name: str) -> None:
    build = SERVICES[name]["build"]
    dockerfile = ROOT / build["dockerfile"]
    assert dockerfile.is_file()
    package = build.get("args", {}).get("PACKAGE", "local-platform")
    assert SERVICES[name]["image"] == f"docker.io/vitrine/{package}:0.1.0"
    if "args" in build:
        assert (dockerfile.parent / package / "pyproject.toml").is_file()


@pytest.mark.parametrize("name", ["kafka", "mongodb", "postgres"])
def test_the_stores_are_those_of_kind(name: str) -> None:
    assert SERVICES[name]["image"] == BACKING[name]["image"]
    variables = {v["name"]: v["value"] for v in BACKING[name]["run"]["env"]}
    differing = {"KAFKA_LOG_DIRS", "PGDATA"}
    own = SERVICES[name]["environment"]
    assert {k: v for k, v in own.items() if k not in differing} == {
        k: v for k, v in variables.items() if k not in differing
    }
