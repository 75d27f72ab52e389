"""docs/adding-a-service.md, walked for a throw-away service in a copy of the repository.

Its folder, its chart, one line in the table, one in the umbrella, and the generators; nothing else.
"""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Final
from venv import EnvBuilder

import pytest
import yaml
from mypy.config_parser import parse_config_file
from mypy.options import Options
from tests.support.helm import manifests, run
from tests.support.platform import REPOSITORY

NAME: Final = "throw-away"
LINE: Final = 'throw-away = { kind = "consumer", port = 8055, needs = ["kafka"] }\n'
DEPENDENCY: Final = (
    "  - {name: throw-away, version: 0.1.0, repository: file://../throw-away,"
    " condition: throw-away.enabled}\n"
)
CONFIG: Final = """config:
  # -- Least severe level that is logged.
  logLevel: ""
  # -- Brokers as `host:port`, separated by commas.
  kafkaBootstrapServers: ""
  # -- How the connection is secured.
  kafkaSecurity: ""
  # -- Name of the client.
  kafkaUsername: ""
  # -- Address of the health endpoint.
  healthHost: 0.0.0.0
  # -- Port of the health endpoint.
  healthPort: 8055
"""
POLICY: Final = (
    '{{- include "service-lib.networkpolicy" (merge (dict "peers" (list "kafka")) .) }}\n'
)
CONTRACTS: Final = (
    f"{NAME} or umbrella or schemas or every_chart or every_program or reload or built"
)
LEFT_OUT: Final = shutil.ignore_patterns(
    ".*_cache", ".git", ".venv", ".vitrine", ".hypothesis", "node_modules", "__pycache__", "*.tgz"
)
START: Final = """
from pathlib import Path
from tests.support.platform import local_settings
from vitrine_local.platform import LocalPlatform
with LocalPlatform(local_settings(Path("state"), cache_dir=Path({cache!r}))) as platform:
    platform.start(["throw-away"])
    print("ready:", *sorted(platform.names))
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the service in it, as the page says."""
    root = tmp_path_factory.mktemp("clone") / "vitrine"
    shutil.copytree(REPOSITORY, root, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "tests" / "data" / NAME, root / "services" / NAME)
    _add_chart(root)
    table = root / "local" / "vitrine-local" / "src" / "vitrine_local" / "deployables.toml"
    table.write_text(LINE + table.read_text())
    umbrella = root / "charts" / "vitrine" / "Chart.yaml"
    umbrella.write_text(umbrella.read_text() + DEPENDENCY)
    _install(root)
    python(root, "-m", "vitrine_local.generate")
    python(root, "charts/generate.py")
    return root


def _add_chart(root: Path) -> None:
    """The chart of a consumer, with this service's own settings."""
    chart = root / "charts" / NAME
    shutil.copytree(root / "charts" / "shop-simulator", chart)
    for path in (each for each in chart.rglob("*") if each.is_file()):
        path.write_text(path.read_text().replace("shop-simulator", NAME))
    values = chart / "values.yaml"
    text = re.sub(r"config:\n.*?(?=# Passwords)", CONFIG, values.read_text(), count=1, flags=re.S)
    values.write_text(re.sub(r"  mongoUrl:\n.*?\n\n", "\n", text, count=1, flags=re.S))
    (chart / "templates" / "networkpolicy.yaml").write_text(POLICY)
    checks = chart / "templates" / "_checks.tpl"
    checks.write_text(checks.read_text().replace("eventProducerUrl", "kafkaBootstrapServers"))


def _install(root: Path) -> None:
    """An environment of the copy's own packages, before all that is installed here."""
    EnvBuilder().create(root / ".venv")
    (packages,) = (root / ".venv").glob("lib/*/site-packages")
    sources = [str(path.parent / "src") for path in root.glob("*/*/pyproject.toml")]
    installed = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})"
    (packages / "copy.pth").write_text("\n".join([*sources, installed]))


def python(root: Path, *arguments: str) -> str:
    """What a program of the copy prints."""
    done = subprocess.run(
        [root / ".venv" / "bin" / "python", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_the_contracts_hold_for_it(clone: Path) -> None:
    told = python(clone, "-m", "pytest", "-v", "tests/contract", "-k", CONTRACTS)
    assert f"test_every_variable_is_a_setting_and_every_need_is_met[{NAME}] PASSED" in told
    assert f"test_config_and_secrets_mirror_the_settings[{NAME}] PASSED" in told


def test_the_workspace_holds_it(clone: Path) -> None:
    uv = shutil.which("uv") or REPOSITORY / ".vitrine" / "uv" / "bin" / "uv"
    if not Path(uv).exists():
        pytest.skip("there is no uv here")
    command = [uv, "workspace", "list"]
    members = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    assert NAME in members.stdout.split()


def test_the_checkers_see_it(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (clone / ".importlinter").read_text()
    assert "throw_away.decision" in layers
    python(clone, "-c", "from importlinter.cli import lint_imports; exit(lint_imports())")
    monkeypatch.chdir(clone)
    options = Options()
    parse_config_file(options, lambda: None, "pyproject.toml")
    assert "services/throw-away/src" in (options.files or [])


def test_a_decision_that_imports_a_client_is_found(clone: Path) -> None:
    decision = clone / "services" / NAME / "src" / "throw_away" / "decision.py"
    before = decision.read_text()
    decision.write_text(f"{before}\nimport confluent_kafka  # noqa\n")
    with pytest.raises(AssertionError, match="Decisions and contracts import no client"):
        python(clone, "-c", "from importlinter.cli import lint_imports; exit(lint_imports())")
    decision.write_text(before)


def test_it_is_built_and_installed_with_the_others(clone: Path) -> None:
    listed = subprocess.run(
        ["sh", clone / "k8s" / "images.sh", "--list"], capture_output=True, text=True, check=True
    )
    assert NAME in listed.stdout.split()
    chart = clone / "charts" / "vitrine"
    run("dependency", "update", chart)
    values = clone / "tests" / "charts" / "default-values.yaml"
    objects = manifests(run("template", "vitrine", chart, "--values", values))
    kinds = {o["kind"] for o in objects if o["metadata"]["name"] == f"vitrine-{NAME}"}
    assert {"Deployment", "ConfigMap", "NetworkPolicy", "ServiceAccount"} <= kinds
    compose = yaml.safe_load((clone / "docker-compose.yml").read_text())
    assert compose["services"][NAME]["build"]["args"] == {"PACKAGE": NAME}


def test_it_runs_on_this_machine(clone: Path) -> None:
    cache = os.environ.get("VITRINE_CACHE_DIR", str(REPOSITORY / ".vitrine" / "cache"))
    told = python(clone, "-c", START.format(cache=cache))
    assert told.splitlines()[-1] == f"ready: kafka setup {NAME}"
