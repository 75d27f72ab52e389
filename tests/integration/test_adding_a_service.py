"""docs/adding-a-service.md, walked for a throw-away service and a throw-away Spark application in a
copy of the repository.

Their folders, their charts, an entry each in the table, one in the umbrella, and the generators;
nothing else.
"""

import json
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
from tests.charts.checkers import schema_findings
from tests.support import throw_away_spark
from tests.support.helm import HelmError, Manifest, find, manifests, run
from tests.support.platform import REPOSITORY
from tests.support.pruned_packages import link_packages

NAME: Final = "throw-away"
LINE: Final = 'throw-away = { kind = "consumer", port = 8055, needs = ["kafka"] }\n'
DEPENDENCY: Final = (
    "  - {name: throw-away, version: 0.1.0, repository: file://../throw-away,"
    " condition: throw-away.enabled}\n"
)
CONFIG: Final = """config:
  # -- Level of logs; empty takes global.config.logLevel, and `INFO` where neither is set.
  logLevel: ""
  # -- Kafka; empty takes global.config.kafkaBootstrapServers, and one of the two is required.
  kafkaBootstrapServers: ""
  # -- TLS; empty takes global.config.kafkaSecurity, and `plaintext` where neither is set.
  kafkaSecurity: ""
  # -- The client; empty takes global.config.kafkaUsername, and none where neither is set.
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
with LocalPlatform(local_settings(Path("state"))) as platform:
    platform.start(["throw-away"])
    print("ready:", *sorted(platform.names))
"""

RUN_ONCE: Final = """
import subprocess, sys
from pathlib import Path
from tests.support.platform import local_settings
from vitrine_local.platform import LocalPlatform
platform = LocalPlatform(local_settings(Path("run-once")))
told = platform.environment("throw-away-spark") | {{"PYTHONPATH": {packages!r}}}
told["SPARK_SUBMIT_OPTS"] += " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
liked = [(customer, product) for customer in (1, 2) for product in (10, 11, 12)]
lines = [f"{{c}},{{p}},5" for c, p in [*liked, (3, 10), (3, 11)]] + ["1,13,1", "2,13,1"]
ratings = platform.layout.data / "ratings.csv"
ratings.write_text("\\n".join(["customer,product,rating", *lines]))
program = (
    "import pyspark, runpy; assert pyspark.__file__.startswith({packages!r}); "
    "runpy.run_module('throw_away_spark.main', run_name='__main__')"
)
subprocess.run([sys.executable, "-c", program], env=told, stdout=sys.stderr, check=True)
for part in sorted((platform.layout.data / "found").glob("part-*")):
    print(part.read_text(), end="")
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with both in it, as the page says."""
    root = tmp_path_factory.mktemp("clone") / "vitrine"
    shutil.copytree(REPOSITORY, root, ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "tests" / "data" / NAME, root / "services" / NAME)
    _add_chart(root)
    table = root / "local" / "vitrine-local" / "src" / "vitrine_local" / "deployables.toml"
    table.write_text(LINE + table.read_text())
    umbrella = root / "charts" / "vitrine" / "Chart.yaml"
    umbrella.write_text(umbrella.read_text() + DEPENDENCY)
    throw_away_spark.add_spark_application(root)
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


@pytest.fixture(scope="module")
def umbrella(clone: Path) -> Path:
    """The umbrella's chart of the copy, its dependencies packed."""
    chart = clone / "charts" / "vitrine"
    run("dependency", "update", chart)
    return chart


def rendered(umbrella: Path, *settings: str) -> list[Manifest]:
    """The umbrella's objects."""
    given = [part for setting in settings for part in ("--set", setting)]
    values = umbrella.parents[1] / "tests" / "charts" / "default-values.yaml"
    return manifests(run("template", "vitrine", umbrella, "--values", values, *given))


def test_the_contracts_hold_for_it(clone: Path) -> None:
    told = python(clone, "-m", "pytest", "-v", "tests/contract", "-k", CONTRACTS)
    assert f"test_every_variable_is_a_setting_and_every_need_is_met[{NAME}] PASSED" in told
    assert f"test_config_and_secrets_mirror_the_settings[{NAME}] PASSED" in told
    assert f"test_config_and_secrets_mirror_the_settings[{throw_away_spark.NAME}] PASSED" in told


def test_the_workspace_holds_it(clone: Path) -> None:
    uv = shutil.which("uv") or REPOSITORY / ".vitrine" / "uv" / "bin" / "uv"
    if not Path(uv).exists():
        pytest.skip("there is no uv here")
    command = [uv, "workspace", "list"]
    members = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    assert {NAME, throw_away_spark.NAME} <= set(members.stdout.split())


def test_the_checkers_see_it(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (clone / ".importlinter").read_text()
    assert "throw_away.decision" in layers
    python(clone, "-c", "from importlinter.cli import lint_imports; exit(lint_imports())")
    monkeypatch.chdir(clone)
    options = Options()
    parse_config_file(options, lambda: None, "pyproject.toml")
    assert "services/throw-away/src" in (options.files or [])
    assert "spark-apps/throw-away-spark/src" in (options.files or [])


def test_a_decision_that_imports_a_client_is_found(clone: Path) -> None:
    decision = clone / "services" / NAME / "src" / "throw_away" / "decision.py"
    before = decision.read_text()
    decision.write_text(f"{before}\nimport confluent_kafka  # noqa\n")
    with pytest.raises(AssertionError, match="Decisions and contracts import no client"):
        python(clone, "-c", "from importlinter.cli import lint_imports; exit(lint_imports())")
    decision.write_text(before)


def test_it_is_built_and_installed_with_the_others(clone: Path, umbrella: Path) -> None:
    listed = subprocess.run(
        ["sh", clone / "k8s" / "images.sh", "--list"], capture_output=True, text=True, check=True
    )
    assert {NAME, throw_away_spark.NAME} <= set(listed.stdout.split())
    objects = rendered(umbrella)
    kinds = {o["kind"] for o in objects if o["metadata"]["name"] == f"vitrine-{NAME}"}
    assert {"Deployment", "ConfigMap", "NetworkPolicy", "ServiceAccount"} <= kinds
    compose = yaml.safe_load((clone / "docker-compose.yml").read_text())
    assert compose["services"][NAME]["build"]["args"] == {"PACKAGE": NAME}
    run_by_hand = compose["services"][throw_away_spark.NAME]
    assert run_by_hand["build"]["dockerfile"] == "spark-apps/Dockerfile"
    assert run_by_hand["profiles"] == ["runs"]


def test_it_runs_on_this_machine(clone: Path) -> None:
    told = python(clone, "-c", START)
    assert told.splitlines()[-1] == f"ready: kafka setup {NAME}"


@pytest.mark.parametrize(
    ("runner", "kind"), [("native", "CronJob"), ("spark-operator", "ScheduledSparkApplication")]
)
def test_a_spark_application_runs_by_its_schedule_and_ends(
    runner: str, kind: str, umbrella: Path
) -> None:
    own = {"app.kubernetes.io/name": throw_away_spark.NAME}.items()
    objects = [
        item
        for item in rendered(umbrella, f"throw-away-spark.runner={runner}")
        if own <= item["metadata"]["labels"].items()
    ]
    assert schema_findings(objects) == []
    spec = find(objects, kind, "vitrine-throw-away-spark")["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("0 5 * * *", "Forbid")
    others = {item["kind"] for item in objects} - {kind}
    always = {"ConfigMap", "NetworkPolicy", "Role", "RoleBinding", "ServiceAccount"}
    assert others == always
    pods = _pods(spec, objects)
    for pod in pods:
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["restartPolicy"] == "Never"
        assert not [key for key in container if key.endswith("Probe")]
        assert {volume["name"] for volume in pod["spec"]["volumes"]} <= {"tmp", "spark"}
    assert [pod["spec"]["automountServiceAccountToken"] for pod in pods] == [True, False]


def _pods(spec: Manifest, objects: list[Manifest]) -> list[Manifest]:
    """The templates of driver and executors."""
    if "jobTemplate" in spec:
        assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
        config = find(objects, "ConfigMap", "vitrine-throw-away-spark-spark")["data"]
        assert "spark.driver.host" not in config["spark-defaults.conf"]
        driver = spec["jobTemplate"]["spec"]["template"]
        (variable,) = (
            v for v in driver["spec"]["containers"][0]["env"] if v["name"] == "PYSPARK_SUBMIT_ARGS"
        )
        assert "--conf spark.driver.host=$(POD_IP)" in variable["value"]
        return [driver, yaml.safe_load(config["executor.yaml"])]
    application = spec["template"]
    assert application["restartPolicy"] == {"type": "Never"}
    return [application["driver"]["template"], application["executor"]["template"]]


def test_memory_as_kubernetes_writes_it_is_refused(umbrella: Path) -> None:
    with pytest.raises(HelmError, match="/executor/memory"):
        rendered(umbrella, "throw-away-spark.executor.memory=2Gi")


def test_a_spark_application_runs_once_on_what_its_image_keeps(clone: Path, tmp_path: Path) -> None:
    """It needs MLlib, and names it; the packages are those of its image."""
    application = clone / "spark-apps" / throw_away_spark.NAME
    packages = tmp_path / "packages"
    link_packages(packages)
    python(clone, "spark-apps/prune.py", str(packages), str(application / "pyproject.toml"))
    program = RUN_ONCE.format(packages=str(packages))
    told = python(clone, "-c", program).splitlines()
    found = {line["customer"]: line["products"] for line in map(json.loads, told)}
    # Customer 3 is shown what those with the same taste like too, and nobody what nobody likes.
    assert found.keys() == {1, 2, 3}
    assert {frozenset(products) for products in found.values()} == {frozenset({10, 11, 12})}
