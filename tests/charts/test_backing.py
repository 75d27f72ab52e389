"""The stores of kind: what may be installed, into a restricted namespace, under the names that
the platform's values call them by."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.charts.checkers import schema_findings
from tests.support.helm import ROOT, Manifest, find, manifests, run

KIND: Final = ROOT / "k8s" / "kind"
LOCAL_IMAGES: Final = KIND / "local-images.yaml"
VALUES: Final = {"official images": (), "local images": (LOCAL_IMAGES,)}
STORES: Final = ("kafka", "mongodb", "redshift-local", "s3")


@cache
def _text(name: str) -> str:
    files = [part for path in VALUES[name] for part in ("--values", path)]
    return run("template", "backing", KIND / "backing-services", "--namespace", "vitrine", *files)


def _rendered(name: str) -> list[Manifest]:
    return manifests(_text(name))


def _pods(objects: list[Manifest]) -> dict[str, dict[str, Any]]:
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]
        for item in objects
        if "template" in item.get("spec", {})
    }


@pytest.mark.parametrize("name", VALUES)
def test_every_object_matches_its_schema(name: str) -> None:
    assert schema_findings(_rendered(name)) == []


@pytest.mark.parametrize("name", VALUES)
def test_every_pod_is_restricted(name: str) -> None:
    pods = _pods(_rendered(name))
    assert set(pods) == set(STORES)
    for pod in pods.values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", VALUES)
def test_every_store_may_be_called_by_the_platform_alone(name: str) -> None:
    objects = _rendered(name)
    for store in STORES:
        (port,) = find(objects, "Service", store)["spec"]["ports"]
        (rule,) = find(objects, "NetworkPolicy", store)["spec"]["ingress"]
        assert rule["ports"] == [{"protocol": "TCP", "port": port["port"]}]
        assert {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "vitrine"}}} in rule[
            "from"
        ]


@pytest.mark.parametrize("profile", ["kind", "minimal"])
def test_the_platform_calls_the_stores_by_their_names(profile: str) -> None:
    values = yaml.safe_load((ROOT / "k8s" / profile / "values.yaml").read_text())["global"]
    config = values["config"]
    ports = {s: find(_rendered("official images"), "Service", s)["spec"]["ports"] for s in STORES}
    assert config["kafkaBootstrapServers"] == f"kafka:{ports['kafka'][0]['port']}"
    assert config["s3EndpointUrl"] == f"http://s3:{ports['s3'][0]['port']}"
    assert config["warehouseHost"] == "redshift-local"
    for secret, given in values["secrets"].items():
        key = {"warehousePassword": "warehouse_password", "mongoUrl": "mongo_url"}[secret]
        name = given["existingSecret"]
        assert key in find(_rendered("official images"), "Secret", name)["stringData"]


def test_every_install_has_passwords_of_its_own() -> None:
    first, second = (
        manifests(run("template", "backing", KIND / "backing-services")) for _ in range(2)
    )
    for name in ("vitrine-warehouse", "vitrine-mongo", "vitrine-aws"):
        one, other = (find(objects, "Secret", name)["stringData"] for objects in (first, second))
        assert one.keys() == other.keys()
        assert all(one[key] != other[key] for key in one)


def test_the_stand_ins_replace_every_official_image() -> None:
    assert "docker.io/vitrine/local-platform:0.1.0" in _text("official images")
    images = {
        container["image"]
        for pod in _pods(_rendered("local images")).values()
        for container in pod["containers"]
    }
    assert images == {"docker.io/vitrine/local-platform:0.1.0"}


def test_a_folder_of_data_lies_on_the_volume() -> None:
    for name in VALUES:
        for store, pod in _pods(_rendered(name)).items():
            container = pod["containers"][0]
            mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
            folders = [
                variable["value"]
                for variable in container["env"]
                if variable["name"] in ("DATA_DIR", "DATA_FILE", "PGDATA", "KAFKA_LOG_DIRS")
            ]
            assert all(Path(f).is_relative_to(mounts["data"]) for f in folders), (name, store)
