"""The checkers' programs, built once from locked sources and kept outside the clone."""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.support.kept import kept, kept_folder

from vitrine_local.airflow import find_uv

TOOLS: Final = Path(__file__).parent / "tools"
_KUBE_SCORE: Final = "github.com/zegl/kube-score/cmd/kube-score"
_LIGHTLY: Final = ("-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w")
"""Builds in two thirds of the time, and runs as short as ever."""


def kube_score() -> Path:
    """kube-score; skips where there is no Go to build it."""
    return building_kube_score().result()


@cache
def building_kube_score() -> Future[Path]:
    """Begins to build it, beside whatever goes on."""
    return ThreadPoolExecutor(1).submit(_built_kube_score)


def _built_kube_score() -> Path:
    source = TOOLS / "kube-score"

    def build(folder: Path) -> None:
        go = shutil.which("go")
        if go is None:
            pytest.skip("there is no Go to build kube-score with")
        _say("kube-score")
        command = [go, "build", *_LIGHTLY, "-o", folder, _KUBE_SCORE]
        subprocess.run(command, cwd=source, env=os.environ | {"CGO_ENABLED": "0"}, check=True)

    return kept_folder(_name("kube-score", source / "go.sum"), build) / "kube-score"


@cache
def checkov() -> Path:
    """checkov in an environment of its own; skips where there is no uv."""
    folder = TOOLS / "checkov"
    program = kept() / _name("checkov", folder / "uv.lock") / "bin" / "checkov"
    if not program.exists():
        uv = find_uv(Path(".vitrine").absolute())
        if uv is None:
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


def _name(tool: str, lock: Path) -> str:
    return f"tools-{tool}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _say(name: str) -> None:
    print(f"making {name}, once for this machine", file=sys.stderr, flush=True)
