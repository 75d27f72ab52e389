"""What each DAG runs, in which order and with which arguments."""

import ast
import sys
from pathlib import Path

import pytest
from tests.dags.conftest import Inspected
from tests.dags.programs import DAGS

pytestmark = pytest.mark.timeout(900)
"""The first of all may have to install Airflow."""


@pytest.mark.parametrize(
    ("dag", "order"),
    [
        pytest.param(
            "etl_diario",
            {
                "wait_for_files": [],
                "etl": ["wait_for_files"],
                "quality": ["etl"],
                "reconcile": ["quality"],
                "quality_after_reconcile": ["reconcile"],
            },
            id="a check that blocks stops what follows, and what follows is checked",
        ),
        pytest.param(
            "atualizacao_streaming_horaria",
            {"stream_check": [], "fold": [], "close_minutes": []},
            id="the ledger is folded also when the stream is behind",
        ),
        pytest.param("qualidade_dados", {"quality": []}, id="quality alone"),
        pytest.param(
            "backfill", {"backfill": [], "quality": ["backfill"]}, id="batch-etl makes the pieces"
        ),
    ],
)
def test_the_order_of_tasks(inspected: Inspected, dag: str, order: dict[str, list[str]]) -> None:
    tasks = inspected.dags["dags"][dag]["tasks"]
    assert {name: task["upstream"] for name, task in tasks.items()} == order


@pytest.mark.parametrize("bag", ["dags", "otherwise", "local"])
def test_what_the_scheduler_reads_is_whole(inspected: Inspected, bag: str) -> None:
    """Airflow stores each DAG as JSON; the scheduler knows only that."""
    for dag in getattr(inspected, bag)["dags"].values():
        assert dag["stored_tasks"] == sorted(dag["tasks"])


@pytest.mark.parametrize(
    ("dag", "task", "arguments"),
    [
        pytest.param(
            "etl_diario",
            "wait_for_files",
            ["aguardar", "--de", "2026-11-01", "--ate", "2026-11-01"],
            id="the shop's day",
        ),
        pytest.param(
            "etl_diario",
            "etl",
            ["etl", "--de", "2026-10-25", "--ate", "2026-11-01"],
            id="late files of a week count too, and no flag is an empty argument",
        ),
        pytest.param(
            "etl_diario",
            "reconcile",
            ["reconciliar", "--data", "2026-11-01", "--dias", "8"],
            id="what late files and minutes change is reconciled again",
        ),
        pytest.param(
            "etl_diario",
            "quality",
            ["quality", "--de", "2026-10-25", "--ate", "2026-11-01"],
            id="the days that were loaded are checked",
        ),
        pytest.param(
            "etl_diario",
            "quality_after_reconcile",
            ["quality", "--de", "2026-10-25", "--ate", "2026-11-01"],
            id="and again with the reconciliation",
        ),
        pytest.param("qualidade_dados", "quality", ["quality"], id="yesterday"),
        pytest.param(
            "backfill",
            "backfill",
            ["backfill", "--de", "2026-08-01", "--ate", "2026-10-31", "--dias", "30"],
            id="what the caller said",
        ),
        pytest.param(
            "backfill",
            "quality",
            ["quality", "--de", "2026-08-01", "--ate", "2026-10-31"],
            id="the days of a backfill are checked",
        ),
        pytest.param(
            "atualizacao_streaming_horaria", "stream_check", ["stream-check"], id="the check"
        ),
        pytest.param("atualizacao_streaming_horaria", "fold", ["fold"], id="folding"),
        pytest.param(
            "atualizacao_streaming_horaria", "close_minutes", ["close-minutes"], id="closing"
        ),
    ],
)
def test_the_arguments(inspected: Inspected, dag: str, task: str, arguments: list[str]) -> None:
    assert inspected.task(dag, task)["arguments"] == arguments


def test_a_day_east_of_greenwich_is_the_shops_own(inspected: Inspected) -> None:
    """3:00 UTC of November 1 is the afternoon of that day in Auckland."""
    found = inspected.other_task("etl_diario", "etl")["arguments"]
    assert found == ["etl", "--de", "2026-10-30", "--ate", "2026-11-01"]
    assert inspected.otherwise["dags"]["etl_diario"]["timezone"] == "Pacific/Auckland"


def test_a_load_starts_the_checks(inspected: Inspected) -> None:
    (asset,) = inspected.dags["dags"]["qualidade_dados"]["assets"]
    assert inspected.task("etl_diario", "etl")["outlets"] == [asset]
    assert inspected.task("backfill", "backfill")["outlets"] == [asset]


def test_the_wait_lasts_most_of_a_day(inspected: Inspected) -> None:
    wait = inspected.task("etl_diario", "wait_for_files")
    delays = [
        min(wait["retry_delay"] * wait["backoff"] ** n, wait["max_retry_delay"])
        for n in range(wait["retries"])
    ]
    assert 16 <= sum(delays) / 3600 <= 24


def _imported(path: Path) -> set[str]:
    tree = ast.walk(ast.parse(path.read_text()))
    return {
        name.partition(".")[0]
        for node in tree
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    } - sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_a_dag_file_imports_airflow_and_its_own_folder_alone(path: Path) -> None:
    assert _imported(path) == {"airflow", "vitrine_dags"}


def test_the_folder_imports_nothing_of_the_workspace() -> None:
    found = {name for path in DAGS.glob("vitrine_dags/*.py") for name in _imported(path)}
    assert found == {"airflow", "kubernetes", "vitrine_dags"}
