"""axe-core, which finds what keeps people from using a page."""

import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page
from tests.support.kept import kept_folder

VERSION: Final = "4.14.1"
_FOUND: Final = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}"""


def axe_source() -> str:
    """The script, from the npm registry once; skips where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm is installed: apt-get install npm")
    folder = kept_folder(f"axe-core-{VERSION}", partial(_install, npm))
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Page, source: str) -> list[str]:
    """The rules that the page breaks, each with the element that breaks it."""
    page.evaluate(source)
    found: list[str] = page.evaluate(_FOUND)
    return found


def _install(npm: str, folder: Path) -> None:
    package = f"axe-core@{VERSION}"
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]
    done = subprocess.run([*command, package], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
