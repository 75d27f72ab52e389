"""Without a cluster a task is a process, with the arguments that its container would have."""

import subprocess
from typing import Any

import pytest
from tests.dags.conftest import Inspected
from tests.dags.programs import DAGS, airflow_python

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""

ENVIRONMENT = """
from vitrine_dags.local_processes import process_environment
told = {"PATH": "/bin", "VITRINE_STATE_DIR": "/state", "VITRINE_PART": "mark"}
airflows = {"AIRFLOW_HOME": "/home", "AIRFLOW__API__PORT": "1", "_AIRFLOW_CONTEXT": "server"}
own = {"VITRINE_LOCAL_COMMAND": "vitrine run", "VITRINE_POOL": "default_pool"}
assert process_environment({**told, **airflows, **own}) == told
"""


def _facts(bag: dict[str, Any], fact: str) -> dict[tuple[str, str], Any]:
    return {
        (name, task): facts[fact]
        for name, dag in bag["dags"].items()
        for task, facts in dag["tasks"].items()
    }


@pytest.mark.parametrize("fact", ["arguments", "upstream", "retries", "timeout", "outlets"])
def test_a_process_differs_from_a_pod_in_nothing_else(inspected: Inspected, fact: str) -> None:
    assert _facts(inspected.local, fact) == _facts(inspected.dags, fact)


def test_a_process_is_that_of_its_deployable(inspected: Inspected) -> None:
    found = _facts(inspected.local, "command")
    run = ["/clone/bin/vitrine", "run"]
    assert found["etl_diario", "etl"] == [*run, "batch-etl"]
    assert found["etl_diario", "wait_for_files"] == [*run, "batch-etl"]
    assert found["etl_diario", "quality"] == [*run, "platform-jobs"]


def test_a_process_is_told_nothing_of_airflow() -> None:
    """Vitrine refuses variables of its prefix that it does not know."""
    command = [airflow_python(), "-c", ENVIRONMENT]
    done = subprocess.run(command, cwd=DAGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
