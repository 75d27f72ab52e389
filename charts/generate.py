"""Writes what is derived in every chart, or says which files are stale: --check.

`values.schema.json` and `README.md` follow from `values.yaml`: its keys, its defaults, its `# --`
sentences and, where a type needs more words, `# @schema`. The types of `config` are those of the
program's Settings; service-lib/values-types.yaml has those of shared values. For what a schema
cannot say, `templates/_settings.tpl` holds the defaults of Settings and what these compare with
each other, and `files/time-zones.txt` the names of IANA.
"""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files as resources
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from service_runtime.settings import RuntimeSettings
from vitrine_local.generate import write_or_check

CHARTS: Final = Path(__file__).parent
LIBRARY: Final = "service-lib"
UMBRELLA: Final = "vitrine"
THIN: Final = sorted(
    path.parent.name
    for path in CHARTS.glob("*/Chart.yaml")
    if path.parent.name not in (LIBRARY, UMBRELLA)
)
_TYPES: Final[dict[str, Any]] = yaml.safe_load((CHARTS / LIBRARY / "values-types.yaml").read_text())
Json = dict[str, Any]
_BOUNDS: Final = {
    Ge: ("minimum", "ge"),
    Gt: ("exclusiveMinimum", "gt"),
    Le: ("maximum", "le"),
    Lt: ("exclusiveMaximum", "lt"),
}
_KEY: Final = re.compile(r"^( *)([A-Za-z][\w.-]*):(.*)$")


class Values:
    """A values file: what it holds, and what its comments say of each path."""

    def __init__(self, text: str) -> None:
        self.data: Json = yaml.safe_load(text)
        self.sentences: dict[str, str] = {}
        self.schemas: dict[str, Json] = {}
        path: list[str] = []
        comments: list[str] = []
        for line in text.splitlines():
            if line.lstrip().startswith("#"):
                comments.append(line.strip())
            elif found := _KEY.match(line):
                path = [*path[: len(found[1]) // 2], found[2]]
                self._describe(".".join(path), comments)
                comments = []
            else:
                comments = []

    def _describe(self, path: str, comments: list[str]) -> None:
        for comment in comments:
            if comment.startswith("# -- "):
                self.sentences[path] = comment.removeprefix("# -- ")
            elif comment.startswith("# @schema "):
                self.schemas[path] = yaml.safe_load(comment.removeprefix("# @schema "))


def settings_of(chart: str) -> type[RuntimeSettings]:
    """What the program is told."""
    found: type[RuntimeSettings] = import_module(f"{chart.replace('-', '_')}.settings").Settings
    return found


def fields_of(chart: str) -> dict[str, FieldInfo]:
    """The program's settings, by the camelCase name that `config` gives each."""
    return {to_camel(name): info for name, info in settings_of(chart).model_fields.items()}


def schema(chart: str) -> Json:
    """The closed schema of a chart's values."""
    values = Values((CHARTS / chart / "values.yaml").read_text())
    fields: dict[str, FieldInfo] = {}
    for name in THIN if chart == UMBRELLA else [chart]:
        fields = fields_of(name) | fields
    root = _object(values.data, "", values, fields)
    others = THIN if chart == UMBRELLA else ["global"]
    root["properties"] |= {name: {"type": "object"} for name in (*others, LIBRARY)}
    if chart != UMBRELLA:
        root["properties"]["enabled"] = {"type": "boolean"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **root,
        "definitions": _TYPES["definitions"],
    }


def _object(data: Json, path: str, values: Values, fields: dict[str, FieldInfo]) -> Json:
    inner = {
        key: _value(value, f"{path}.{key}".lstrip("."), values, fields)
        for key, value in data.items()
    }
    return {"type": "object", "additionalProperties": False, "properties": inner}


def _value(value: Any, path: str, values: Values, fields: dict[str, FieldInfo]) -> Json:
    """What may be told, and what its sentence says of it, as editors show it."""
    sentence = values.sentences.get(path)
    return ({"description": sentence} if sentence else {}) | _type(value, path, values, fields)


def _type(value: Any, path: str, values: Values, fields: dict[str, FieldInfo]) -> Json:
    parent, _, key = path.rpartition(".")
    shared: Json = _TYPES["values"]
    for found in (values.schemas.get(path), shared.get(path), shared.get(f"{parent}.*")):
        if found is not None:
            return dict(found)
    if parent in ("config", "global.config") and key in fields:
        own: Json = _TYPES["config"].get(key) or _setting(fields[key])
        return own
    if isinstance(value, dict):
        documented = any(each.startswith(f"{path}.") for each in values.sentences)
        return _object(value, path, values, fields) if documented else {"type": "object"}
    return _plain(value)


def _plain(value: Any) -> Json:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"$ref": "#/definitions/wholeNumber"}
    if isinstance(value, list):
        return {"$ref": "#/definitions/objects"}
    return {"type": "string"}


def _setting(info: FieldInfo) -> Json:
    """Empty leaves it to the program; a number may come as text, as `--set-string` gives it."""
    annotation: Any = info.annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(t for t in get_args(annotation) if t is not type(None))
    if get_origin(annotation) is Literal:
        return {"enum": ["", *get_args(annotation)]}
    texts = {int: "^[0-9]*$", float: r"^([0-9]+(\.[0-9]+)?)?$"}
    if annotation in texts:
        number = {"type": "integer" if annotation is int else "number", **_bounds(info)}
        return {"anyOf": [number, {"type": "string", "pattern": texts[annotation]}]}
    if annotation is bool:
        return {"anyOf": [{"type": "boolean"}, {"enum": ["", "true", "false"]}]}
    patterns = [found for part in info.metadata if (found := getattr(part, "pattern", None))]
    return {"type": "string"} | ({"pattern": f"^$|{patterns[0]}"} if patterns else {})


def _bounds(info: FieldInfo) -> Json:
    found: Json = {}
    for part in info.metadata:
        if type(part) in _BOUNDS:
            keyword, attribute = _BOUNDS[type(part)]
            found[keyword] = getattr(part, attribute)
    return found


def comparisons(chart: str) -> str:
    """The template of what is compared: the defaults, and what may not be above what."""
    defaults = {
        name: info.default
        for name, info in fields_of(chart).items()
        if isinstance(info.default, int | float | str) and not isinstance(info.default, bool)
    }
    pairs = {to_camel(name): to_camel(of) for name, of in settings_of(chart).not_above.items()}
    return (
        "{{- /* Written by charts/generate.py from the program's Settings. */ -}}\n"
        f'{{{{- define "{chart}.defaults" }}}}{json.dumps(defaults)}{{{{ end }}}}\n'
        f'{{{{- define "{chart}.notAbove" }}}}{json.dumps(pairs)}{{{{ end }}}}\n'
    )


def readme(chart: str) -> str:
    """A chart's page: every value with its default and its sentence."""
    values = Values((CHARTS / chart / "values.yaml").read_text())
    about = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())
    rows = [
        f"| `{path}` | `{_shown(default)}` | {values.sentences[path].replace('|', chr(92) + '|')} |"
        for path, default in _leaves(values.data)
        if path in values.sentences
    ]
    head = f"# {chart}\n\n{about['description']}\n\nVersion {about['version']}, Kubernetes "
    page = "[docs/kubernetes.md](../../docs/kubernetes.md)"
    return (
        f"{head}{about['kubeVersion'].removesuffix('-0')}. How to install it: {page}. "
        "This page is written from `values.yaml` by `charts/generate.py`.\n\n"
        "| value | default | meaning |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def _leaves(data: Json, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        here = f"{path}.{key}".lstrip(".")
        yield here, value
        if isinstance(value, dict):
            yield from _leaves(value, here)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")


def files() -> dict[Path, str]:
    """What every chart's generated files must hold."""
    found = {}
    zones = resources("tzdata").joinpath("zones").read_text()
    for chart in (*THIN, UMBRELLA):
        found[CHARTS / chart / "values.schema.json"] = json.dumps(schema(chart), indent=1) + "\n"
        found[CHARTS / chart / "README.md"] = readme(chart)
    for chart in THIN:
        found[CHARTS / chart / "templates" / "_settings.tpl"] = comparisons(chart)
        if "shopTimezone" in fields_of(chart):
            found[CHARTS / chart / "files" / "time-zones.txt"] = zones
    return found


def main() -> None:
    """Write them, or fail with the names of those that are stale."""
    write_or_check(files(), source="values.yaml", command="python charts/generate.py")


if __name__ == "__main__":
    main()
