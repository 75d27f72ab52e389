"""A chart's `config` and `secrets` are its program's settings, its schema is closed over its
values, and each value has its sentence."""

import json
import re
import subprocess
import sys
from importlib import import_module
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import pytest
import yaml
from pydantic import SecretStr
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from tests.support.helm import CHARTS

LIBRARY: Final = "service-lib"
UMBRELLA: Final = "vitrine"
ALL: Final = sorted(path.parent.name for path in CHARTS.glob("*/Chart.yaml"))
THIN: Final = [name for name in ALL if name not in (LIBRARY, UMBRELLA)]
MAX_LINES: Final = 130
Json = dict[str, Any]


def _values(name: str) -> Json:
    values: Json = yaml.safe_load((CHARTS / name / "values.yaml").read_text())
    return values


def _schema(name: str) -> Json:
    schema: Json = json.loads((CHARTS / name / "values.schema.json").read_text())
    return schema


def _fields(name: str) -> dict[str, FieldInfo]:
    settings = import_module(f"{name.replace('-', '_')}.settings").Settings
    return {to_camel(field): info for field, info in settings.model_fields.items()}


def _plain(info: FieldInfo) -> Any:
    """The type, None left out."""
    if get_origin(info.annotation) in (Union, UnionType):
        return next(t for t in get_args(info.annotation) if t is not type(None))
    return info.annotation


@pytest.mark.parametrize("name", THIN)
def test_config_and_secrets_mirror_the_settings(name: str) -> None:
    values = _values(name)
    fields = _fields(name)
    secrets = {field for field, info in fields.items() if _plain(info) is SecretStr}
    assert set(values["config"]) == fields.keys() - secrets
    assert set(values.get("secrets", {})) == secrets


# What holds in a cluster alone: every address, volumes, names of other objects, and a smaller shop.
OF_A_CLUSTER: Final = {
    "analyticsApiUrl",
    "eventProducerUrl",
    "eventsPerSecond",
    "executorsConfigMap",
    "healthHost",
    "leaseName",
    "listenHost",
    "spoolPath",
    "statePath",
    "webhookHost",
}
REQUIRED: Final = object()


def _default(info: FieldInfo) -> Any:
    """A program's default as values hold it; None is no value, or one that every start makes."""
    if info.is_required():
        return REQUIRED
    if info.default_factory:
        return {} if info.default_factory is dict else None
    return list(info.default) if isinstance(info.default, tuple) else info.default


def _rows(name: str, block: str) -> dict[str, tuple[Any, str]]:
    """Value and sentence of each key of a block, as a reader of the chart's page finds them."""
    page = (CHARTS / name / "README.md").read_text()
    found = re.findall(rf"^\| `{re.escape(block)}\.(\w+)` \| `(.*?)` \| (.*) \|$", page, re.M)
    return {key: (json.loads(value), sentence) for key, value, sentence in found}


def _shown(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def _own_problem(default: Any, value: Any, sentence: str) -> bool:
    """Of a key that nobody else sets: its value is not what applies, or it is empty and does not
    say why."""
    if default is REQUIRED:
        return value == "" and not sentence.endswith("Required.")
    if default is None:
        return value != "" or "empty" not in sentence.lower()
    return bool(value != default)


def _taken_problem(default: Any, key: str, value: Any, sentence: str) -> bool:
    """Of a key that global.config sets too: it does not say what applies while it is empty."""
    taken = f"; empty takes global.config.{key}, and "
    if default is REQUIRED:
        return value != "" or not sentence.endswith(f"{taken}one of the two is required.")
    if default is None:
        return value != "" or not re.search(f"{re.escape(taken)}.* where neither is set", sentence)
    return value != "" or not sentence.endswith(f"{taken}`{_shown(default)}` where neither is set.")


@pytest.mark.parametrize("name", THIN)
def test_a_reader_sees_what_applies(name: str) -> None:
    shared = _values(UMBRELLA)["global"]["config"]
    fields = _fields(name)
    wrong = {}
    for key, (value, sentence) in _rows(name, "config").items():
        default = _default(fields[key])
        taken = key in shared and _taken_problem(default, key, value, sentence)
        own = key not in shared | dict.fromkeys(OF_A_CLUSTER)
        if taken or (own and _own_problem(default, value, sentence)):
            wrong[key] = (value, sentence)
    assert wrong == {}
    assert _rows(name, "config").keys() == _values(name)["config"].keys()


def test_a_reader_of_the_umbrella_sees_what_applies_to_all() -> None:
    defaults = [(key, _default(info)) for name in THIN for key, info in _fields(name).items()]
    wrong = {}
    for key, (value, sentence) in _rows(UMBRELLA, "global.config").items():
        found = [default for name, default in defaults if name == key]
        default = REQUIRED if REQUIRED in found else found[0]
        if key == "awsRegion":  # A value would reach every pod, and let MSK's be forgotten.
            wrong[key] = value != "" or f"empty is `{default}` for S3." not in sentence
        else:
            wrong[key] = _own_problem(default, value, sentence) or (
                default is not REQUIRED and any(other != default for other in found)
            )
    assert {key for key, is_wrong in wrong.items() if is_wrong} == set()
    assert wrong.keys() == _values(UMBRELLA)["global"]["config"].keys()


def test_schemas_and_pages_are_what_the_values_say() -> None:
    done = subprocess.run(
        [sys.executable, CHARTS / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _open_objects(schema: Any, path: str = "") -> list[str]:
    if isinstance(schema, list):
        return [p for item in schema for p in _open_objects(item, path)]
    if not isinstance(schema, dict):
        return []
    is_open = "properties" in schema and schema.get("additionalProperties") is not False
    inner = [p for key, item in schema.items() for p in _open_objects(item, f"{path}/{key}")]
    return [path, *inner] if is_open and schema.get("type") == "object" else inner


@pytest.mark.parametrize("name", [*THIN, UMBRELLA])
def test_the_schema_is_closed(name: str) -> None:
    # What Kubernetes itself defines is left to it, but for the name.
    kubernetes = "/definitions/named/items"
    # What else an entry holds depends on its API; the program refuses what it does not know.
    stock_api = "/properties/config/properties/stockApis/items"
    assert set(_open_objects(_schema(name))) <= {kubernetes, stock_api}


EVERYWHERE: Final = (
    "nameOverride",
    "fullnameOverride",
    "commonLabels",
    "podLabels",
    "podAnnotations",
    "extraEnv",
    "extraEnvFrom",
    "extraVolumes",
    "extraVolumeMounts",
    "initContainers",
    "sidecars",
    "serviceAccount",
    "podSecurityContext",
    "securityContext",
    "caBundle",
    "hostAliases",
    "dnsConfig",
    "priorityClassName",
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
)


def test_what_people_set_has_the_same_default_everywhere() -> None:
    first, *others = ({key: _values(name)[key] for key in EVERYWHERE} for name in THIN)
    assert all(other == first for other in others)


def _without_sentence(text: str) -> list[str]:
    """Values whose line, if it holds a value and opens no block, has no `# --` line above it."""
    lines = text.splitlines()
    found = []
    for above, line in zip(["", *lines], lines, strict=False):
        key = re.match(r"^ *([A-Za-z-]+): *\S", line)
        if key and not re.match(r"^ *# -- [A-Z`].*\.$", above):
            found.append(line.strip())
    return found


@pytest.mark.parametrize("name", [*THIN, UMBRELLA])
def test_every_value_has_its_sentence(name: str) -> None:
    assert _without_sentence((CHARTS / name / "values.yaml").read_text()) == []


def test_a_value_without_a_sentence_is_found() -> None:
    assert _without_sentence("# -- A sentence.\na: 1\nb: 2\nc:\n  # no sentence\n  d: 3\n") == [
        "b: 2",
        "d: 3",
    ]


def test_the_umbrella_holds_every_chart() -> None:
    chart = yaml.safe_load((CHARTS / UMBRELLA / "Chart.yaml").read_text())
    conditions = {d["name"]: d.get("condition") for d in chart["dependencies"]}
    assert conditions == {LIBRARY: None} | {name: f"{name}.enabled" for name in THIN}


def test_what_is_shared_is_read_by_a_chart() -> None:
    shared = _values(UMBRELLA)["global"]
    assert shared["config"].keys() <= {key for name in THIN for key in _values(name)["config"]}
    assert shared["secrets"].keys() <= {k for n in THIN for k in _values(n).get("secrets", {})}


def test_the_files_of_the_library_are_short() -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in (CHARTS / LIBRARY).rglob("*.tpl")}
    assert lengths
    assert {name for name, length in lengths.items() if length > MAX_LINES} == set()
