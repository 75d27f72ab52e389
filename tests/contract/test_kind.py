"""`make kind-up`, as far as it goes without Docker: what its files and the values agree on."""

import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any, Final

import pytest
import yaml
from tests.support.helm import run, template

ROOT: Final = Path(__file__).parents[2]
KIND: Final = ROOT / "k8s" / "kind"
UP: Final = KIND / "up.sh"


def _yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def _node() -> dict[str, Any]:
    (node,) = _yaml(ROOT / "kind-config.yaml")["nodes"]
    assert isinstance(node, dict)
    return node


def test_the_node_is_pinned_by_version_and_digest() -> None:
    assert re.fullmatch(r"kindest/node:v1\.\d+\.\d+@sha256:[0-9a-f]{64}", _node()["image"])


def test_the_laptop_alone_reaches_the_port_that_traefik_has_on_the_node() -> None:
    (mapping,) = _node()["extraPortMappings"]
    assert mapping["listenAddress"] == "127.0.0.1"
    assert mapping["containerPort"] == _yaml(KIND / "traefik.yaml")["ports"]["web"]["hostPort"]
    assert f"http://localhost:{mapping['hostPort']}/" in UP.read_text()


def test_traefik_is_installed_as_the_values_call_it() -> None:
    installed = re.search(
        r"helm upgrade --install traefik (?s:.*?)--namespace (\S+)", UP.read_text()
    )
    assert installed
    values = _yaml(KIND / "values.yaml")
    for name in ("analytics-api", "event-producer"):
        assert values[name]["ingress"] == {"enabled": True, "className": "traefik"}
        (rule,) = values[name]["networkPolicy"]["ingress"]
        (caller,) = rule["from"]
        labels = caller["namespaceSelector"]["matchLabels"]
        assert labels == {"kubernetes.io/metadata.name": installed[1]}


def test_the_namespace_is_restricted_and_the_one_installed_into() -> None:
    metadata = _yaml(KIND / "namespace.yaml")["metadata"]
    assert metadata["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    namespaces = re.findall(r"--namespace (\S+)", UP.read_text())
    assert set(namespaces) == {"traefik", metadata["name"]}


def test_every_file_that_it_names_exists() -> None:
    named = re.findall(r"(?:k8s|charts)/[\w./-]+|kind-config\.yaml", UP.read_text())
    assert len(named) >= 6
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_images_have_the_charts_version() -> None:
    version = _yaml(ROOT / "charts" / "vitrine" / "Chart.yaml")["appVersion"]
    assert f"TAG={version} k8s/images.sh" in UP.read_text()
    assert set(re.findall(r"vitrine/\$1:([\d.]+)", UP.read_text())) == {version}


def _charts_with_an_image() -> list[str]:
    """As the script finds them."""
    listed = re.search(r"names=\$\((.+)\)", UP.read_text())
    assert listed
    done = subprocess.run(["sh", "-c", listed[1]], cwd=ROOT, capture_output=True, check=True)
    return done.stdout.decode().split()


def test_every_image_of_the_platform_is_the_one_that_was_loaded() -> None:
    settings = [f"{name}.image.tag=loaded" for name in _charts_with_an_image()]
    rendered = template(KIND / "values.yaml", settings=settings)
    assert settings
    assert set(re.findall(r"image: \S+:(\S+)", rendered)) == {"loaded"}


def test_every_store_of_ours_is_the_one_that_was_loaded() -> None:
    given = re.search(r'--set-string "(redshiftLocal\S+)"', UP.read_text())
    assert given
    setting = given[1].replace("$stores", "loaded")
    rendered = run("template", "backing", KIND / "backing-services", "--set-string", setting)
    assert rendered.count("image: docker.io/loaded") == 2
    assert "local-platform" not in rendered


def _up(path: Path) -> subprocess.CompletedProcess[str]:
    """The script, with the programs of one folder and no daemon of Docker."""
    environment = {"PATH": str(path), "DOCKER_HOST": f"unix://{path}/nothing.sock"}
    return subprocess.run(
        ["/bin/sh", UP], env=environment, capture_output=True, text=True, check=False
    )


def test_it_says_what_is_missing_and_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = _up(tmp_path)
    assert done.returncode == 1
    assert done.stderr == "docker is missing: see https://docs.docker.com/get-docker/\n"


def test_it_says_that_the_daemon_does_not_answer(tmp_path: Path) -> None:
    docker = which("docker")
    if not docker:
        pytest.skip("there is no docker")
    # The other programs are only looked for before that.
    for name, program in {"dirname": "/usr/bin/dirname", "docker": docker}.items():
        (tmp_path / name).symlink_to(program)
    for name in ("kind", "kubectl", "helm"):
        (tmp_path / name).symlink_to("/bin/false")
    done = _up(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("docker's daemon does not answer: start it")
