"""The charts, rendered by the real Helm."""

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from tests.support.kubernetes_programs import helm

ROOT: Final = Path(__file__).parents[2]
CHARTS: Final = ROOT / "charts"

Manifest = dict[str, Any]


class HelmError(Exception):
    """Helm refused, with its own words."""


@cache
def prepared_chart(name: str = "vitrine") -> Path:
    """The folder of a chart, its dependencies packed as they are now."""
    run("dependency", "update", CHARTS / name)
    return CHARTS / name


def run(*arguments: str | Path, program: Path | None = None) -> str:
    """What Helm prints. Raises HelmError."""
    command = [str(program or helm()), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stderr)
    return done.stdout


def template(
    *values: Path,
    settings: Sequence[str] = (),
    options: Sequence[str] = (),
    program: Path | None = None,
) -> str:
    """The umbrella as YAML, by values files and `--set` settings, release and namespace vitrine."""
    files = [part for path in values for part in ("--values", path)]
    given = [part for setting in settings for part in ("--set", setting)]
    own = ["template", "vitrine", prepared_chart(), "--namespace", "vitrine"]
    return run(*own, *files, *given, *options, program=program)


def charts_with_an_image() -> set[str]:
    """The charts whose program runs from an image of its own."""
    values = {path.parent.name: path.read_text() for path in CHARTS.glob("*/values.yaml")}
    return {name for name, text in values.items() if "image" in yaml.safe_load(text)}


def manifests(text: str) -> list[Manifest]:
    """The objects of a rendered chart."""
    return [item for item in yaml.load_all(text, yaml.CSafeLoader) if item]


def title(item: Manifest) -> str:
    """An object as `Kind/name`."""
    return f"{item['kind']}/{item['metadata']['name']}"


def find(objects: list[Manifest], kind: str, name: str) -> Manifest:
    """The one object of that kind and name."""
    (found,) = (o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name))
    return found
