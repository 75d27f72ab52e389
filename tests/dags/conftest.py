"""What Airflow makes of the DAG files, asked once in one process."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.dags.installed import answers, audit, batch_etl
from tests.dags.programs import DAGS, airflow_python
from tests.support.helm import Manifest

OTHERWISE: Final = {
    "VITRINE_SPARK_RUNNER": "spark-operator",
    "VITRINE_SHOP_TIMEZONE": "Pacific/Auckland",
    "VITRINE_DAYS_BACK": "2",
    "VITRINE_BATCH_ETL_IMAGE": "registry.example/batch-etl:v9",
}
"""Every setting that changes what a DAG does on Kubernetes."""
LOCAL: Final = {"VITRINE_LOCAL_COMMAND": "/clone/bin/vitrine run"}
"""Tasks as processes of the machine."""


@dataclass(frozen=True)
class Inspected:
    """The bags of DAGs, and what the release has installed that they ask for."""

    dags: dict[str, Any]
    otherwise: dict[str, Any]
    local: dict[str, Any]
    broken: dict[str, Any]
    audit: Manifest
    cronjob: Manifest
    scheduled: Manifest

    def task(self, dag: str, task: str) -> dict[str, Any]:
        """A task with the default settings."""
        found: dict[str, Any] = self.dags["dags"][dag]["tasks"][task]
        return found

    def other_task(self, dag: str, task: str) -> dict[str, Any]:
        """A task with all settings of `OTHERWISE`."""
        found: dict[str, Any] = self.otherwise["dags"][dag]["tasks"][task]
        return found


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    folder = tmp_path_factory.mktemp("release")
    installed = (audit(), batch_etl("native"), batch_etl("spark-operator"))
    told = folder / "answers.json"
    told.write_text(answers(*installed))
    here = Path(__file__).parent
    bags = [(DAGS, {}), (DAGS, OTHERWISE), (DAGS, LOCAL), (here / "broken", {})]
    command = [airflow_python(), here / "inspect_dags.py", told]
    done = subprocess.run(
        [*command, *(json.dumps([str(path), variables]) for path, variables in bags)],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return Inspected(*json.loads(done.stdout.splitlines()[-1]), *installed)
