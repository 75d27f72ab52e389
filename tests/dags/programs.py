"""Airflow as `dags/uv.lock` has it, in an environment of its own, kept outside the clone."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.support.helm import ROOT
from tests.support.kept import kept

DAGS: Final = ROOT / "dags"


@cache
def airflow_python() -> Path:
    """A Python that has Airflow; skips where there is no uv to install it with."""
    project = b"".join((DAGS / name).read_bytes() for name in ("pyproject.toml", "uv.lock"))
    environment = kept() / f"tools-airflow-{hashlib.sha256(project).hexdigest()[:16]}"
    ready = environment / ".synced"
    if not ready.exists():
        uv = shutil.which("uv") or str(ROOT / ".vitrine/uv/bin/uv")
        if not Path(uv).exists():
            pytest.skip("there is no uv to install Airflow with")
        print("installing Airflow, once for this machine", file=sys.stderr, flush=True)
        told = os.environ | {"UV_PROJECT_ENVIRONMENT": str(environment)}
        subprocess.run([uv, "sync", "--locked", "--quiet"], cwd=DAGS, env=told, check=True)
        ready.touch()
    return environment / "bin" / "python"
