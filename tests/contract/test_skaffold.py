"""skaffold.yaml, with each of its profiles applied: valid, and naming what exists."""

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from tests.support.helm import find, manifests, template

from vitrine_local.deployables import RUNNING

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final = ROOT.parent / "shared" / "reference" / "schemas" / "skaffold-v4beta14.json"
CONFIG: Final[dict[str, Any]] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
PROFILES: Final = ("none", *(profile["name"] for profile in CONFIG["profiles"]))
Json = dict[str, Any]


def _applied(name: str) -> Json:
    """The configuration with a profile: its mappings are merged, its lists take the place."""
    config = deepcopy(CONFIG)
    for profile in config.pop("profiles"):
        if profile["name"] == name:
            for part in ("build", "deploy"):
                _merge(config[part], profile.get(part, {}))
    return config


def _merge(below: Json, above: Json) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _merge(below[key], value)
        else:
            below[key] = value


def _artifacts(name: str) -> dict[str, Json]:
    return {artifact["image"]: artifact for artifact in _applied(name)["build"]["artifacts"]}


def _releases(name: str) -> dict[str, Json]:
    return {r["name"]: r for r in _applied(name)["deploy"]["helm"]["releases"]}


@pytest.mark.parametrize("name", PROFILES)
def test_it_matches_skaffolds_schema(name: str) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"there is no {SCHEMA.name} beside this clone")
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(CONFIG, schema)
    jsonschema.validate(_applied(name), schema)


def test_the_profiles_are_those_of_the_charts() -> None:
    assert PROFILES == ("none", "kind", "eks", "minimal")


@pytest.mark.parametrize("name", PROFILES)
def test_every_artifact_has_its_dockerfile_and_its_package(name: str) -> None:
    for image, artifact in _artifacts(name).items():
        docker = artifact["docker"]
        assert (ROOT / docker["dockerfile"]).is_file()
        folder = (ROOT / docker["dockerfile"]).parent
        if package := docker.get("buildArgs", {}).get("PACKAGE"):
            assert image == f"vitrine/{package}"
            source = docker["buildArgs"].get("SOURCE", f"{folder.name}/{package}")
            assert (ROOT / source / "pyproject.toml").is_file()
        assert (folder / docker.get("buildArgs", {}).get("RUN_BY", "")).exists()


@pytest.mark.parametrize("name", PROFILES)
def test_every_release_has_its_chart_and_its_values(name: str) -> None:
    for release in _releases(name).values():
        assert (ROOT / release["chartPath"] / "Chart.yaml").is_file()
        assert all((ROOT / path).is_file() for path in release.get("valuesFiles", []))


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_built_is_what_is_installed(name: str) -> None:
    used = {
        match
        for release in _releases(name).values()
        for text in release["setValueTemplates"].values()
        for match in re.findall(r"{{\.IMAGE_(?:REPO|TAG|FULLY_QUALIFIED)_(\w+)}}", text)
    }
    assert used == {re.sub(r"\W", "_", image) for image in _artifacts(name)}


def _rendered(name: str) -> list[Json]:
    """The umbrella with every value that Skaffold sets, which its closed schema must know."""
    release = _releases(name)["vitrine"]
    given = release["setValues"] | dict.fromkeys(release["setValueTemplates"], "built")
    settings = [f"{key}={value}" for key, value in given.items()]
    values = [ROOT / path for path in release["valuesFiles"]]
    return manifests(template(*values, settings=settings))


@pytest.mark.parametrize("name", PROFILES)
def test_every_image_of_the_platform_is_the_one_that_was_built(name: str) -> None:
    text = json.dumps(_rendered(name))
    assert set(re.findall(r'"image": "([^"]*)"', text)) == {"built:built"}


@pytest.mark.parametrize("name", PROFILES)
def test_every_forwarded_port_is_a_services(name: str) -> None:
    objects = _rendered(name)
    for forward in _applied(name)["portForward"]:
        (port,) = find(objects, "Service", forward["resourceName"])["spec"]["ports"]
        assert port["port"] == forward["port"]


def test_a_developers_services_reload_what_is_sent_to_them() -> None:
    folder = re.search(r'FILES = Path\("(.+)"\)', (ROOT / "services" / "reload.py").read_text())
    assert folder
    reloading = {
        image.removeprefix("vitrine/"): artifact["sync"]["manual"]
        for image, artifact in _artifacts("kind").items()
        if artifact["docker"].get("buildArgs", {}).get("RUN_BY") == "reload.py"
    }
    assert set(reloading) == {n for n in RUNNING if (ROOT / "services" / n).is_dir()}
    for name, rules in reloading.items():
        libraries = {f"libs/{library}/src/" for library in _libraries_of(ROOT / "services" / name)}
        assert {rule["strip"] for rule in rules} == libraries | {f"services/{name}/src/"}
        for rule in rules:
            assert rule["src"] == f"{rule['strip']}**/*"
            assert rule["dest"] == folder[1]
            assert (ROOT / rule["strip"]).is_dir()


def _libraries_of(folder: Path) -> set[str]:
    """What is installed of this repository with a package, by its dependencies' names."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w-]", each)[0] for each in project["dependencies"]}
    own = {name for name in names if (ROOT / "libs" / name).is_dir()}
    return own.union(*(_libraries_of(ROOT / "libs" / name) for name in own))


def test_only_spark_applications_have_what_is_for_spark() -> None:
    assert _libraries_of(ROOT / "spark-apps" / "stream-processor") >= {"spark-runtime"}
    sent = [
        rule["src"]
        for artifact in _artifacts("kind").values()
        for rule in artifact.get("sync", {}).get("manual", [])
    ]
    assert sent
    assert not [source for source in sent if "spark" in source]


@pytest.mark.parametrize("name", ["none", "eks", "minimal"])
def test_nothing_is_sent_to_what_would_not_read_it(name: str) -> None:
    assert not [image for image, artifact in _artifacts(name).items() if "sync" in artifact]
