"""What each checker finds in rendered objects, in one shape."""

import csv
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import kubernetes_validate
import kubernetes_validate.utils
import yaml
from tests.charts import custom
from tests.charts.programs import checkov, kube_linter, kube_score
from tests.support.helm import Manifest, title

KUBERNETES: Final = ("1.33", "1.34", "1.35", "1.36", "1.37")
_WARNING: Final = 5
"""kube-score's grade; what is better has no word to say."""

kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)
"""It reads megabytes of definitions anew for each object."""


@dataclass(frozen=True, order=True)
class Finding:
    """A check that failed, and the object it failed for, as `Kind/name`."""

    check: str
    subject: str


def schema_findings(objects: list[Manifest], versions: Sequence[str] = KUBERNETES) -> list[Finding]:
    """What the API server of these Kubernetes would refuse; the check is its version."""
    return [
        Finding(version, f"{title(item)}: {problem}")
        for version in versions
        for item in objects
        if (problem := _problem(json.dumps(item), version))
    ]


@cache
def _problem(item: str, version: str) -> str | None:
    """Looked for once for an object that stands in several profiles."""
    manifest = json.loads(item)
    if manifest["kind"] in custom.SOURCES | custom.OURS:
        return "; ".join(custom.custom_problems(manifest)) or None
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error.message)
    return None


def checkov_findings(cases: Mapping[str, list[Manifest]], folder: Path) -> dict[str, set[Finding]]:
    """By case; one run for all, since checkov takes seconds to start.

    A release's name sets each apart, or rules that look from one object to others would mix them.
    """
    for name, objects in cases.items():
        path = write(objects, folder / f"{name}.yaml")
        path.write_text(path.read_text().replace("vitrine", f"vitrine-{name}"))
    found: dict[str, set[Finding]] = {name: set() for name in cases}
    for failed in json.loads(_checkov(folder))["results"]["failed_checks"]:
        name = Path(failed["file_path"]).stem
        kind, _, subject, *_ = failed["resource"].split(".")
        subject = subject.replace(f"vitrine-{name}", "vitrine")
        found[name].add(Finding(failed["check_id"], f"{kind}/{subject}"))
    return found


def checkov_passes(folder: Path) -> set[str]:
    """The checks that hold for something in the folder."""
    return {
        passed["check_id"] for passed in json.loads(_checkov(folder))["results"]["passed_checks"]
    }


def _checkov(folder: Path) -> str:
    command = [checkov(), "--skip-download", "--directory", folder, "--framework", "kubernetes"]
    return _output([*command, "--output", "json", "--compact"])


def kube_score_findings(path: Path) -> set[Finding]:
    """Critical ones and warnings."""
    command = [kube_score(), "score", "--kubernetes-version", "v1.33"]
    return {
        Finding(check["check"]["id"], f"{item['type_meta']['kind']}/{item['object_meta']['name']}")
        for item in json.loads(_output([*command, "--output-format", "json", path]))
        for check in item["checks"]
        if not check["skipped"] and check["grade"] <= _WARNING
    }


def kube_linter_findings(path: Path) -> set[Finding]:
    """Of all that kube-linter brings along."""
    command = [kube_linter(), "lint", "--add-all-built-in", "--format", "json", path]
    return {
        Finding(report["Check"], f"{subject['GroupVersionKind']['Kind']}/{subject['Name']}")
        for report in json.loads(_output(command))["Reports"] or []
        for subject in [report["Object"]["K8sObject"]]
    }


def kube_score_rules() -> set[str]:
    """Those that are not optional."""
    rows = csv.reader(_output([kube_score(), "list"]).splitlines())
    return {row[0] for row in rows if row[3] == "default"}


def kube_linter_rules() -> set[str]:
    """All that it brings along."""
    rules = json.loads(_output([kube_linter(), "checks", "list", "--format", "json"]))
    return {rule["name"] for rule in rules}


PER_FILE: Final[dict[str, Callable[[Path], set[Finding]]]] = {
    "kube-score": kube_score_findings,
    "kube-linter": kube_linter_findings,
}


def _output(command: Sequence[str | Path]) -> str:
    """A checker that finds something ends with 1 and has said what."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def write(objects: list[Manifest], path: Path) -> Path:
    """As one file of YAML."""
    path.write_text(yaml.dump_all(objects, Dumper=yaml.CSafeDumper))
    return path
