"""The checkers are checked: each rule is shown a broken object, and finds it."""

from pathlib import Path

import pytest
from tests.charts.checkers import (
    PER_FILE,
    Finding,
    checkov_findings,
    checkov_passes,
    kube_linter_rules,
    kube_score_rules,
    schema_findings,
    write,
)
from tests.charts.mutations import MUTATIONS, Mutation
from tests.charts.profiles import rendered
from tests.charts.skips import SKIPS, Skip
from tests.support.helm import Manifest, find

INGRESS = "analytics-api.ingress.enabled=true"
CONTROL_PLANE = range(68, 152)
"""Numbers of checkov's rules on the flags of Kubernetes' own programs, which no chart here runs."""
OF_KINDS_NOT_HERE = {
    "kube-score": {
        "deployment-targeted-by-hpa-does-not-have-replicas-configured",
        "horizontalpodautoscaler-has-target",
        "horizontalpodautoscaler-replicas",
    },
    "kube-linter": {
        "dangling-horizontalpodautoscaler",
        "dangling-servicemonitor",
        "hpa-minimum-three-replicas",
        "no-extensions-v1beta",
        "scc-deny-privileged-container",
    },
}
"""Autoscalers, ServiceMonitors, OpenShift's constraints, and versions that are no more."""


def _broken(mutation: Mutation) -> list[Manifest]:
    return mutation.applied(rendered("default", INGRESS))


def _expected(mutation: Mutation, checker: str) -> set[Finding]:
    return {Finding(rule, mutation.at) for rule in mutation.breaks.get(checker, ())}


def _shown(checker: str) -> list[object]:
    """The mutations that a checker must find, named by the rules they break."""
    return [
        pytest.param(m, id=",".join(m.breaks[checker])) for m in MUTATIONS if checker in m.breaks
    ]


@pytest.mark.parametrize("mutation", _shown("kube-score"))
def test_kube_score_finds(mutation: Mutation, tmp_path: Path) -> None:
    found = PER_FILE["kube-score"](write(_broken(mutation), tmp_path / "broken.yaml"))
    assert _expected(mutation, "kube-score") - found == set()


@pytest.mark.parametrize("mutation", _shown("kube-linter"))
def test_kube_linter_finds(mutation: Mutation, tmp_path: Path) -> None:
    found = PER_FILE["kube-linter"](write(_broken(mutation), tmp_path / "broken.yaml"))
    assert _expected(mutation, "kube-linter") - found == set()


@pytest.fixture(scope="module")
def found_by_checkov(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Finding]]:
    """By the mutation's number."""
    cases = {
        str(number): _seen_by_checkov(mutation)
        for number, mutation in enumerate(MUTATIONS)
        if "checkov" in mutation.breaks
    }
    return checkov_findings(cases, tmp_path_factory.mktemp("broken"))


def _seen_by_checkov(mutation: Mutation) -> list[Manifest]:
    """The broken object alone, but for the rules that look from one object to others."""
    broken = _broken(mutation)
    if any(rule.startswith("CKV2_") for rule in mutation.breaks["checkov"]):
        return broken
    return [find(broken, *mutation.at.split("/"))]


@pytest.mark.parametrize("mutation", _shown("checkov"))
def test_checkov_finds(mutation: Mutation, found_by_checkov: dict[str, set[Finding]]) -> None:
    found = found_by_checkov[str(MUTATIONS.index(mutation))]
    assert {
        rule for rule in mutation.breaks["checkov"] if Finding(rule, mutation.at) in found
    } == set(mutation.breaks["checkov"])


def _unshown(checker: str, rules: set[str]) -> set[str]:
    """Rules that no mutation breaks, and that no skip lets be everywhere."""
    shown = {rule for mutation in MUTATIONS for rule in mutation.breaks.get(checker, ())}
    skipped = {skip.check for skip in SKIPS[checker] if skip.subject == Skip.subject}
    return rules - shown - skipped - OF_KINDS_NOT_HERE.get(checker, set())


def test_no_rule_of_kube_score_goes_unchecked() -> None:
    assert _unshown("kube-score", kube_score_rules()) == set()


def test_no_rule_of_kube_linter_goes_unchecked() -> None:
    assert _unshown("kube-linter", kube_linter_rules()) == set()


def test_no_rule_of_checkov_goes_unchecked(tmp_path: Path) -> None:
    write(rendered("default", INGRESS), tmp_path / "all.yaml")
    others = {f"CKV_K8S_{number}" for number in CONTROL_PLANE}
    assert _unshown("checkov", checkov_passes(tmp_path) - others) == set()


@pytest.mark.parametrize(
    ("change", "version"),
    [
        pytest.param({"spec": {"replicaz": 3}}, "1.33", id="a key that there is not"),
        pytest.param({"spec": {"replicas": "3"}}, "1.35", id="text for a number"),
        pytest.param({"spec": {"template": {"spec": {"containers": 1}}}}, "1.37", id="no list"),
    ],
)
def test_the_schemas_find(change: dict[str, object], version: str) -> None:
    objects = rendered("default")
    subject = "Deployment/vitrine-analytics-api"
    broken = Mutation(subject, ".", change, {}, subject).applied(objects)
    found = schema_findings([find(broken, *subject.split("/"))])
    assert version in {finding.check for finding in found}
