"""Writes the files that follow from `deployables.toml`, or says which ones do not: --check.

The templates hold all that is not one deployable's. Run it in the root of the repository.
"""

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from vitrine_local.deployables import DEPLOYABLES, Deployable
from vitrine_local.environment import BUCKET

FILES: Final = ("docker-compose.yml", "skaffold.yaml", ".importlinter")
_FOLDERS: Final = ("services", "spark-apps")
_DATA: Final = "/var/lib/vitrine"


def rendered(name: str, root: Path) -> str:
    """One of FILES as it must be. Raises FileNotFoundError for a deployable without a folder."""
    templates = Environment(
        loader=PackageLoader("vitrine_local"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(f"{name}.j2").render(
        deployables=[_described(each, root) for each in DEPLOYABLES.values()],
        libraries=[path.parent.name for path in sorted(root.glob("libs/*/pyproject.toml"))],
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


def _described(deployable: Deployable, root: Path) -> dict[str, Any]:
    """What the templates know of a deployable."""
    folder = next((each for each in _FOLDERS if (root / each / deployable.name).is_dir()), None)
    if folder is None:
        raise FileNotFoundError(f"{deployable.name} is in neither of {', '.join(_FOLDERS)}")
    urls = {n: f"http://{n}:{each.port}" for n, each in DEPLOYABLES.items()}
    values = urls | {"data": _DATA, "data_url": f"file://{_DATA}", "bucket": BUCKET}
    own = {name: text.format_map(values) for name, text in deployable.environment.items()}
    return deployable.model_dump() | {
        "folder": folder,
        "package": deployable.package,
        "stores": deployable.stores,
        "after": [need for need in deployable.needs if need in DEPLOYABLES],
        "address_prefix": deployable.address_prefix,
        "environment": own,
    }


def _decisions(root: Path) -> Iterator[str]:
    """The modules that packages declare to be without I/O, in their own `pyproject.toml`."""
    for path in sorted(root.glob("*/*/pyproject.toml")):
        project = tomllib.loads(path.read_text("utf-8"))
        package = path.parent.name.replace("-", "_")
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
