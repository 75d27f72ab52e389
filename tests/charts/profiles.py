"""The profiles of the umbrella chart whose objects are checked."""

from functools import cache
from pathlib import Path
from typing import Final

from tests.support.helm import ROOT, Manifest, manifests, template

_K8S: Final = ROOT / "k8s"
VALUES: Final = {
    "default": Path(__file__).parent / "default-values.yaml",
    "kind": _K8S / "kind" / "values.yaml",
    "eks": _K8S / "eks" / "values.yaml",
    "minimal": _K8S / "minimal" / "values.yaml",
}
PROFILES: Final = tuple(VALUES)


@cache
def _text(profile: str, settings: tuple[str, ...]) -> str:
    return template(VALUES[profile], settings=settings)


def rendered(profile: str, *settings: str) -> list[Manifest]:
    """The objects of a profile, with further `--set` settings; the caller's own to change."""
    return manifests(_text(profile, settings))
