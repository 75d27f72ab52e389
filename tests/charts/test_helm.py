"""The charts are the same to Helm 3 and to Helm 4."""

from pathlib import Path

import pytest
from tests.charts.profiles import PROFILES, VALUES
from tests.support.helm import manifests, prepared_chart, run, template
from tests.support.kubernetes_programs import helm_3

KUBERNETES = "1.37.0"


@pytest.mark.parametrize("profile", PROFILES)
def test_helm_3_renders_what_helm_4_does(profile: str) -> None:
    three = template(VALUES[profile], options=["--kube-version", KUBERNETES], program=helm_3())
    four = template(VALUES[profile], options=["--kube-version", KUBERNETES])
    assert manifests(three) == manifests(four)


@pytest.mark.parametrize("profile", PROFILES)
def test_lint_has_nothing_to_say(profile: str) -> None:
    said = run("lint", prepared_chart(), "--strict", "--values", VALUES[profile])
    assert "0 chart(s) failed" in said


def _notes(*settings: str) -> str:
    given = [part for setting in settings for part in ("--set", setting)]
    command: list[str | Path] = [
        "install",
        "vitrine",
        prepared_chart(),
        "--namespace",
        "shop",
        "--dry-run=client",
    ]
    said = run(*command, "--values", VALUES["kind"], *given)
    return said.partition("NOTES:")[2]


def test_the_notes_say_the_next_command() -> None:
    first = next(line.strip() for line in _notes().splitlines() if line.startswith("    "))
    command, _, where = first.partition("  #")
    assert command.rstrip() == (
        "kubectl --namespace shop port-forward service/vitrine-analytics-api 8000:8000"
    )
    assert "http://127.0.0.1:8000" in where


def test_the_notes_name_the_host_of_an_ingress() -> None:
    host = ("analytics-api.ingress.enabled=true", "analytics-api.ingress.host=loja.example")
    assert "http://loja.example/" in _notes(*host)
    secret = "analytics-api.ingress.tlsSecretName=loja"
    assert "https://loja.example/" in _notes(*host, secret)
    at_aws = r"analytics-api.ingress.annotations.alb\.ingress\.kubernetes\.io/certificate-arn=arn"
    assert "https://loja.example/" in _notes(*host, at_aws)
