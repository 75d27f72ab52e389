"""Airflow as `dags/uv.lock` has it, in an environment of its own, kept outside the clone."""

import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.support.helm import ROOT
from tests.support.kept import platform_cache

from vitrine_local import airflow
from vitrine_local.layout import Layout

DAGS: Final = ROOT / "dags"


@cache
def airflow_python() -> Path:
    """A Python that has Airflow; skips where there is no uv to install it with."""
    layout = Layout(ROOT / ".vitrine", platform_cache())
    if not airflow.is_installed(layout.cache) and airflow.find_uv(layout.root) is None:
        pytest.skip("there is no uv to install Airflow with")
    layout.cache.mkdir(parents=True, exist_ok=True)
    airflow.install(layout, lambda text: print(text, file=sys.stderr, flush=True))
    return airflow.program(layout.cache).with_name("python")
