"""The schemas of custom resources: our own, and those out of their operators' Go modules."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from tests.support.go_modules import SPARK_OPERATOR, module_folder
from tests.support.helm import CHARTS, Manifest

Schema = dict[str, Any]

SOURCES: Final = {
    "HTTPRoute": (
        "sigs.k8s.io/gateway-api@v1.4.0",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
    "ScaledObject": (
        "github.com/kedacore/keda/v2@v2.17.2",
        "config/crd/bases/keda.sh_scaledobjects.yaml",
    ),
    "ServiceMonitor": (
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "ScheduledSparkApplication": (
        SPARK_OPERATOR,
        "config/crd/bases/sparkoperator.k8s.io_scheduledsparkapplications.yaml",
    ),
    "SparkApplication": (
        SPARK_OPERATOR,
        "config/crd/bases/sparkoperator.k8s.io_sparkapplications.yaml",
    ),
}
"""By kind: the module at its version, and the CRD's path in it."""
OURS: Final = {"StreamScaler": CHARTS / "lag-scaler" / "crds" / "streamscalers.yaml"}


def custom_problems(item: Manifest) -> list[str]:
    """What the API server would refuse or drop; skips where there is no Go to fetch the CRD."""
    return problems(item, crd_schema(_crd(item["kind"]), item["apiVersion"]))


def problems(item: Manifest, schema: Schema) -> list[str]:
    """What of an object's `spec` a schema does not allow."""
    spec = {"type": "object", "properties": {"spec": schema["properties"]["spec"]}}
    found = jsonschema.Draft7Validator(spec).iter_errors({"spec": item["spec"]})
    return [error.message for error in found]


@cache
def crd_schema(crd: Path, api_version: str) -> Schema:
    """The closed schema of one version of a CustomResourceDefinition; reading it takes seconds."""
    versions = yaml.load(crd.read_text(), yaml.CSafeLoader)["spec"]["versions"]
    name = api_version.rpartition("/")[2]
    (version,) = (v for v in versions if v["name"] == name)
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return _closed(schema)


def _closed(schema: Schema) -> Schema:
    """The API server drops what a schema does not name, so that a mistyped key would do nothing."""
    for value in schema.values():
        if isinstance(value, dict):
            _closed(value)
    if "properties" in schema and "x-kubernetes-preserve-unknown-fields" not in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _crd(kind: str) -> Path:
    if kind in OURS:
        return OURS[kind]
    if shutil.which("go") is None:
        pytest.skip(f"there is no Go to fetch the schema of {kind} with")
    module, path = SOURCES[kind]
    return module_folder(module) / path
