"""Generates files from `deployables.toml` and templates; `--check` names those that are stale.

Run it in the root of the repository.
"""

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from vitrine_local.deployables import DEPLOYABLES
from vitrine_local.environment import BUCKET

FILES: Final = ("docker-compose.yml", "skaffold.yaml", ".importlinter")
_DATA: Final = "/var/lib/vitrine"
_VALUES: Final = {
    **{name: f"http://{name}:{each.port}" for name, each in DEPLOYABLES.items()},
    "data": _DATA,
    "data_url": f"file://{_DATA}",
    "bucket": BUCKET,
}
"""What the variables of a deployable may name, under Docker Compose."""


def rendered(name: str, root: Path) -> str:
    """The text of one of FILES. Raises FileNotFoundError for a deployable without a folder."""
    for each in DEPLOYABLES.values():
        if not (root / each.source).is_dir():
            raise FileNotFoundError(f"{each.source}, which deployables.toml declares")
    templates = Environment(
        loader=PackageLoader("vitrine_local"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(f"{name}.j2").render(
        deployables=list(DEPLOYABLES.values()),
        values=_VALUES,
        libraries=[path.parent.name for path in sorted(root.glob("libs/*/pyproject.toml"))],
        libraries_of={
            name: sorted(_libraries(root, root / each.source)) for name, each in DEPLOYABLES.items()
        },
        decisions=list(_decisions(root)),
    )


def write_or_check(files: Mapping[Path, str], *, source: str, command: str) -> None:
    """Write generated files; under `--check` fail with the names of those that are stale."""
    if "--check" not in sys.argv[1:]:
        for path, text in files.items():
            path.write_text(text, "utf-8")
        return
    stale = [p for p, text in files.items() if not p.exists() or p.read_text("utf-8") != text]
    if stale:
        names = ", ".join(os.path.relpath(path) for path in stale)
        sys.exit(f"{names}: not what {source} says; run .venv/bin/{command}")


def _libraries(root: Path, folder: Path) -> set[str]:
    """The packages of this repository that a package needs, and those that these need."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    own = set(project["tool"].get("uv", {}).get("sources", {}))
    return own.union(*(_libraries(root, root / "libs" / name) for name in own))


def _decisions(root: Path) -> Iterator[str]:
    """The modules that packages declare to be without I/O, in their own `pyproject.toml`."""
    for path in sorted([*root.glob("*/*/pyproject.toml"), root / "operator" / "pyproject.toml"]):
        project = tomllib.loads(path.read_text("utf-8"))
        package = project["project"]["name"].replace("-", "_")
        for module in project.get("tool", {}).get("vitrine", {}).get("decisions", ()):
            yield f"{package}.{module}" if module else package


def main() -> None:
    """Write them, or fail with the names of those that are stale."""
    root = Path.cwd()
    files = {root / name: rendered(name, root) for name in FILES}
    command = "python -m vitrine_local.generate"
    write_or_check(files, source="deployables.toml", command=command)


if __name__ == "__main__":
    main()
