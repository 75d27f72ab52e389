"""Every rule holds for every DAG, and finds the DAG that breaks it."""

import pytest
from tests.dags.conftest import Inspected
from tests.dags.rules import RULES, broken_rules

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""

DAGS = {"etl_diario", "atualizacao_streaming_horaria", "qualidade_dados", "backfill"}


@pytest.mark.parametrize("bag", ["dags", "otherwise", "local"])
def test_every_dag_keeps_every_rule(inspected: Inspected, bag: str) -> None:
    found = getattr(inspected, bag)
    assert found["errors"] == {}
    assert found["dags"].keys() == DAGS
    problems = {name: broken_rules(dag) for name, dag in found["dags"].items()}
    assert not any(problems.values()), problems


def test_a_sound_dag_breaks_none(inspected: Inspected) -> None:
    assert inspected.broken["errors"] == {}
    assert broken_rules(inspected.broken["dags"]["sound"]) == {}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_breaks_it(inspected: Inspected, rule: str) -> None:
    assert rule in broken_rules(inspected.broken["dags"][rule])
