"""The checkers' programs, built once from locked sources and kept outside the clone."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.support.kubernetes_programs import kept

TOOLS: Final = Path(__file__).parent / "tools"
_PACKAGES: Final = {
    "helm": "helm.sh/helm/v3/cmd/helm",
    "kube-score": "github.com/zegl/kube-score/cmd/kube-score",
}


@cache
def go_tool(name: str) -> Path:
    """A program of `tools/<name>/go.mod`; skips where there is no Go to build it."""
    folder = TOOLS / name
    program = _place(name, folder / "go.sum") / name
    if not program.exists():
        go = shutil.which("go")
        if go is None:
            pytest.skip(f"there is no Go to build {name} with")
        _build(program, [go, "build", "-o"], _PACKAGES[name], source=folder)
    return program


@cache
def checkov() -> Path:
    """checkov in an environment of its own; skips where there is no uv."""
    folder = TOOLS / "checkov"
    program = _place("checkov", folder / "uv.lock") / "bin" / "checkov"
    if not program.exists():
        uv = shutil.which("uv") or str(Path(".vitrine/uv/bin/uv").absolute())
        if not Path(uv).exists():
            pytest.skip("there is no uv to install checkov with")
        _say("checkov")
        environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(program.parents[1])}
        subprocess.run([uv, "sync", "--frozen", "--quiet"], cwd=folder, env=environment, check=True)
    return program


@cache
def kube_linter() -> Path:
    """kube-linter as it is on the PATH, since no package registry holds it; skips without."""
    program = shutil.which("kube-linter")
    if program is None:
        pytest.skip("kube-linter is not on the PATH, and no package registry holds it")
    return Path(program)


def _place(name: str, lock: Path) -> Path:
    return kept() / f"tools-{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _build(program: Path, command: list[str], package: str, *, source: Path) -> None:
    """All or nothing, so that a build that is cut off leaves no trace."""
    _say(program.name)
    program.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent.parent) as partial:
        output = Path(partial) / "bin"
        subprocess.run([*command, output / program.name, package], cwd=source, check=True)
        output.replace(program.parent)


def _say(name: str) -> None:
    print(f"making {name}, once for this machine", file=sys.stderr, flush=True)
