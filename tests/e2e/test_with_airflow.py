"""`make demo ARGS=--with-airflow`: the shop's past is loaded by DAGs, and yesterday reconciled."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dags.programs import airflow_python
from tests.support.airflow import signed_in
from tests.support.platform import local_settings

from vitrine_local import background
from vitrine_local.local_warehouse import local_warehouse
from vitrine_local.platform import LocalPlatform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

DAYS = 85
"""Fewer than the shop exports: not every day and category has sales."""
SECONDS = 1200


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[LocalPlatform]:
    """All of it in the background, by the command that people use."""
    airflow_python()
    platform = LocalPlatform(local_settings(tmp_path / "state"))
    command = [sys.executable, "-m", "vitrine_local.main", "up", "--simulator", "--with-airflow"]
    try:
        told = os.environ | platform.settings.as_environment()
        subprocess.run(command, env=told, check=True)
        yield platform
    finally:
        background.down(platform.layout)


def test_the_past_is_loaded_and_yesterday_reconciled_by_airflow(demo: LocalPlatform) -> None:
    with signed_in(demo) as dags:
        for dag in ("backfill", "etl_diario", "atualizacao_streaming_horaria"):
            dags.wait_for(dag, seconds=SECONDS)
    warehouse = local_warehouse(demo.settings, demo.layout, application="test")
    try:
        with warehouse.transaction() as reading:
            (days,) = reading.row("SELECT COUNT(DISTINCT dia) FROM vendas_diarias")
            (reconciled,) = reading.row("SELECT COUNT(*) FROM conciliacao_diaria")
    finally:
        warehouse.close()
    assert days >= DAYS
    assert reconciled > 0
    assert not demo.layout.log("batch-etl").exists(), "the demo ran its own job too"
