"""The CRD of StreamScaler: every field explained, its rules about fields that exist, and what it
takes and fills in the same as what the operator reads."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import kubernetes_validate
import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from tests.support.helm import CHARTS

from lag_scaler.law import ScalingPolicy
from lag_scaler.metric_names import DESCRIPTIONS, LAG_SECONDS
from lag_scaler.spec import GROUP, PLURAL, VERSION, Mode, StreamScalerSpec

Json = dict[str, Any]
CRD: Final[Json] = yaml.safe_load((CHARTS / "lag-scaler/crds/streamscalers.yaml").read_text())
(SERVED,) = CRD["spec"]["versions"]
SCHEMA: Final[Json] = SERVED["schema"]["openAPIV3Schema"]
SPEC: Final[Json] = SCHEMA["properties"]["spec"]


def fields(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every field of a schema with its path."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def unexplained(schema: Json) -> list[str]:
    return [
        path
        for path, field in fields(schema)
        if path != ".metadata" and not re.fullmatch(r"[A-Z].*\.", field.get("description", ""))
    ]


def rules(schema: Json) -> Iterator[tuple[Json, Json]]:
    """Each rule of CEL with the schema that it stands in."""
    for _, field in [("", schema), *fields(schema)]:
        for place in (field, field.get("items", {})):
            yield from ((place, rule) for rule in place.get("x-kubernetes-validations", ()))


def unknown(schema: Json, rule: str) -> list[str]:
    """Paths after `self` and `oldSelf` that the schema does not have."""
    found = []
    for path in re.findall(r"\b(?:self|oldSelf)((?:\.[a-zA-Z]+)+)", rule):
        place: Json | None = schema
        for name in path.removeprefix(".").split("."):
            if name != "all":
                place = (place or {}).get("properties", {}).get(name)
        if place is None:
            found.append(path)
    return found


def test_kubernetes_takes_it() -> None:
    kubernetes_validate.validate(CRD, "1.37", strict=True)
    assert (CRD["spec"]["group"], SERVED["name"]) == (GROUP, VERSION)
    assert CRD["metadata"]["name"] == f"{PLURAL}.{GROUP}"


def test_every_field_is_explained() -> None:
    assert unexplained(SCHEMA) == []
    assert unexplained({"properties": {"a": {"description": "no sentence"}}}) == [".a"]


def test_the_columns_are_those_that_tell_the_story() -> None:
    columns = [column["name"].upper() for column in SERVED["additionalPrinterColumns"]]
    told = "MODE TARGET CUR DES LAG LAG(S) RATE CAP/REPL LIMIT READY AGE"
    assert columns == told.split()
    known = {path for path, _ in fields(SCHEMA)} | {".metadata.creationTimestamp"}
    paths = {column["jsonPath"] for column in SERVED["additionalPrinterColumns"]}
    assert {path.partition("[")[0] for path in paths} <= known


def test_every_rule_names_fields_that_exist_and_tells_what_to_do() -> None:
    found = list(rules(SCHEMA))
    assert len(found) == 12
    for schema, rule in found:
        assert unknown(schema, rule["rule"]) == [], rule["rule"]
        assert " " in rule["message"]
    assert unknown(SPEC, "self.bounds.least <= oldSelf.override.replicas") == [".bounds.least"]


def plain(info: FieldInfo) -> Any:
    if get_origin(info.annotation) in (Union, UnionType):
        return next(t for t in get_args(info.annotation) if t is not type(None))
    return info.annotation


def differences(model: type[BaseModel], schema: Json, path: str = "spec") -> list[str]:
    """Where the operator reads other fields, or takes another default, than the CRD has."""
    read = {info.alias: info for info in model.model_fields.values()}
    names = read.keys() ^ schema["properties"].keys()
    found = [f"{path}.{name}" for name in sorted(map(str, names))]
    for name, info in read.items():
        inner = schema["properties"].get(name, {})
        kind = plain(info)
        kind = get_args(kind)[0] if get_origin(kind) is tuple else kind
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += differences(kind, inner.get("items", inner), f"{path}.{name}")
        elif info.default not in (PydanticUndefined, None, inner.get("default")):
            found.append(f"{path}.{name}: {info.default}")
        elif info.is_required() and name not in schema["required"]:
            found.append(f"{path}.{name} is not required")
    return found


def test_the_operator_reads_what_the_crd_takes() -> None:
    assert differences(StreamScalerSpec, SPEC) == []
    changed = {**SPEC, "properties": {**SPEC["properties"], "mode": {"default": "Act"}}}
    assert differences(StreamScalerSpec, changed) == ["spec.mode: Recommend"]


def test_the_defaults_are_those_that_the_law_is_measured_with() -> None:
    required = {
        "target": {"name": "a"},
        "source": {"group": "a", "topics": ["a"]},
        "bounds": {"maxReplicas": 6},
    }
    assert StreamScalerSpec.of(required).policy == ScalingPolicy(max_replicas=6)


def test_a_metric_means_what_the_status_says() -> None:
    shown = SCHEMA["properties"]["status"]["properties"]["lagSeconds"]["description"]
    assert DESCRIPTIONS[LAG_SECONDS] == shown


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_can_be_chosen(mode: Mode) -> None:
    assert mode in SPEC["properties"]["mode"]["enum"]
    assert len(SPEC["properties"]["mode"]["enum"]) == len(Mode)
