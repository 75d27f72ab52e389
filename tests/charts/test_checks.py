"""Every profile passes every checker, but for what skips.yaml gives a reason for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.charts import custom
from tests.charts.checkers import (
    PER_FILE,
    Finding,
    checkov_findings,
    schema_findings,
    write,
)
from tests.charts.profiles import PROFILES, rendered
from tests.charts.skips import SKIPS, left

OPTIONAL = (
    "stream-processor.runner=spark-operator",
    "stream-processor.persistence.enabled=true",
    "click-logger.autoscaling.provider=keda",
    "click-logger.autoscaling.keda.triggerAuthentication=kafka",
    "global.serviceMonitor.enabled=true",
    "global.serviceMonitor.labels.release=prometheus",
    *(
        f"{chart}.{setting}"
        for chart in ("analytics-api", "event-producer")
        for setting in (
            "ingress.enabled=true",
            "ingress.host=shop.example",
            "ingress.tlsSecretName=certificate",
            "httpRoute.enabled=true",
            "httpRoute.parentRefs[0].name=gateway",
            "httpRoute.hostnames[0]=shop.example",
        )
    ),
)
OF_OURS = [kind for kind in custom.SOURCES if kind != "ScheduledSparkApplication"]
"""tests/integration/test_adding_a_service.py renders the other one."""
Findings = Callable[[str], dict[str, set[Finding]]]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """By checker; what it finds in each profile, looked for once."""
    kept: dict[str, dict[str, set[Finding]]] = {}
    folder = tmp_path_factory.mktemp("profiles")

    def of(checker: str) -> dict[str, set[Finding]]:
        if checker not in kept:
            kept[checker] = _find(checker, folder)
        return kept[checker]

    return of


def _find(checker: str, folder: Path) -> dict[str, set[Finding]]:
    if checker == "checkov":
        alone = folder / "checkov"
        alone.mkdir()
        return checkov_findings({profile: rendered(profile) for profile in PROFILES}, alone)
    files = {p: write(rendered(p), folder / f"{p}.yaml") for p in PROFILES}
    return {profile: PER_FILE[checker](path) for profile, path in files.items()}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_matches_its_schema(profile: str) -> None:
    assert schema_findings(rendered(profile)) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_optional_object_matches_its_schema(profile: str) -> None:
    """Of Kubernetes, or of the CRD whose operator takes it."""
    objects = rendered(profile, *OPTIONAL)
    assert {*OF_OURS, "Ingress", "PersistentVolumeClaim"} <= {o["kind"] for o in objects}
    assert schema_findings(objects) == []


@pytest.mark.parametrize("kind", OF_OURS)
def test_a_mistyped_custom_resource_is_found(kind: str) -> None:
    item = next(o for o in rendered("default", *OPTIONAL) if o["kind"] == kind)
    item["spec"]["mistyped"] = "key"
    assert any("mistyped" in finding.subject for finding in schema_findings([item]))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("checker", SKIPS)
def test_nothing_is_found_without_a_reason(checker: str, profile: str, findings: Findings) -> None:
    assert left(checker, findings(checker)[profile]) == []


@pytest.mark.parametrize("checker", SKIPS)
def test_every_skip_is_needed(checker: str, findings: Findings) -> None:
    found = set().union(*findings(checker).values())
    assert [skip for skip in SKIPS[checker] if not any(map(skip.covers, found))] == []


def test_checkov_has_three_skips_at_most() -> None:
    assert len({skip.check for skip in SKIPS["checkov"]}) <= 3
    assert all(skip.reason for skips in SKIPS.values() for skip in skips)
