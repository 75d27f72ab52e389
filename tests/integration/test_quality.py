"""The checks of the data on a real warehouse: clean days, then planted defects."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.support.quality_defects import DEFECTS
from tests.support.quality_world import CHECKED, LAST, ZONE, at, load_world, naive
from tests.support.redshift import LocalRedshift
from tests.support.warehouse_store import running_store

from analytics_api.quality_storage import QualityRun, QualitySource
from service_runtime.errors import PermanentError
from vitrine_local.failure import NotAuditedError
from warehouse.connection import Warehouse
from warehouse.quality.days import Days, one_day
from warehouse.quality.declared import declared_checks
from warehouse.quality.measuring import check_quality, results_in
from warehouse.quality.results import Result
from warehouse.quality.verdict import Veredito


@pytest.fixture(scope="module")
def warehouse(redshift: LocalRedshift) -> Iterator[Warehouse]:
    with running_store(redshift) as store:
        with store.warehouse.transaction() as transaction:
            load_world(redshift, transaction)
        yield store.warehouse


@pytest.fixture
def no_results(warehouse: Warehouse) -> None:
    with warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM resultados_qualidade")


def morning_after(day: date) -> datetime:
    return at(day + timedelta(days=1), 6)


def not_approved(results: list[Result]) -> list[Result]:
    return [r for r in results if r.veredito is not Veredito.APROVADA]


@pytest.mark.parametrize("day", CHECKED, ids=str)
def test_a_clean_day_raises_no_alarm(warehouse: Warehouse, day: date) -> None:
    with warehouse.transaction() as transaction:
        results = list(results_in(transaction, one_day(day, ZONE), now=morning_after(day)))
    assert not_approved(results) == []


class _UndoneError(Exception):
    """Ends a transaction without its changes."""


def found_after(warehouse: Warehouse, defect: str, check: str) -> dict[str, Result]:
    """The results of the check's table once the defect is there, which is then undone."""
    name = check.partition(":")[0]
    declared = [d for d in declared_checks() if name in {c.nome for c in d.verificacoes}]
    found: dict[str, Result] = {}
    with suppress(_UndoneError), warehouse.transaction() as transaction:
        assert transaction.execute(defect) != 0
        days = one_day(LAST, ZONE)
        results = results_in(transaction, days, now=morning_after(LAST), declared=declared)
        found |= {result.verificacao: result for result in results}
        raise _UndoneError
    return found


@pytest.mark.parametrize(("check", "defect"), DEFECTS.items(), ids=DEFECTS)
def test_a_planted_defect_is_found_by_its_check(
    warehouse: Warehouse, check: str, defect: str
) -> None:
    found = found_after(warehouse, defect, check)[check]
    assert found.veredito is Veredito.REPROVADA, found


def test_every_declared_check_is_shown_a_defect() -> None:
    names = {check.nome for declared in declared_checks() for check in declared.verificacoes}
    assert {check.partition(":")[0] for check in DEFECTS} == names
    assert len(DEFECTS) >= 20


def test_what_was_planted_is_gone(warehouse: Warehouse) -> None:
    """So that each defect was found among rows that were right."""
    with warehouse.transaction() as transaction:
        results = list(results_in(transaction, one_day(LAST, ZONE), now=morning_after(LAST)))
    assert not_approved(results) == []


@pytest.mark.usefixtures("no_results")
def test_a_run_is_recorded_once_with_all_its_days(warehouse: Warehouse) -> None:
    days = Days(CHECKED[-3], LAST, ZONE)
    now = morning_after(LAST)
    runs = [check_quality(warehouse, days, now=now) for _ in range(2)]
    assert runs[0] == runs[1]
    with warehouse.transaction() as transaction:
        rows = transaction.rows(
            "SELECT id_execucao, verificacao, dia, valor, veredito, executada_em "
            "FROM resultados_qualidade"
        )
    assert len(rows) == len(runs[0])
    assert {(row[0], row[4], row[5]) for row in rows} == {
        ("2026-06-14/2026-06-16@20260617T090000.000000Z", "aprovada", naive(now))
    }
    per_check = Counter(row[1] for row in rows)
    assert (per_check["volume_de_vendas"], per_check["livro_razao"]) == (3, 1)
    sold = {row[2]: row[3] for row in rows if row[1] == "vendas_recentes"}
    assert set(sold) == set(days.all)
    assert all(Decimal(1) < hours < Decimal(3) for hours in sold.values())


@pytest.mark.usefixtures("no_results")
def test_the_api_reads_the_newest_run_the_worst_first(warehouse: Warehouse) -> None:
    source = QualitySource(warehouse)
    assert source.read(QualityRun()) == QualityRun()
    day_before, day = (one_day(LAST - timedelta(days=n), ZONE) for n in (1, 0))
    check_quality(warehouse, day_before, now=morning_after(day_before.first))
    first = source.read(QualityRun())
    assert (first.totals.reprovadas, first.totals.aprovadas) == (0, len(first.results))
    assert source.read(first) is first
    later = morning_after(LAST) + timedelta(days=2)
    results = check_quality(warehouse, day, now=later)
    newest = source.read(first)
    assert newest.executed_at == later
    assert len(newest.results) == len(results)
    bad = [(r.veredito, r.verificacao, r.valor) for r in newest.results[:4]]
    assert bad[:3] == [
        ("reprovada", "arquivos_recentes", Decimal(51)),
        ("reprovada", "estoque_recente", Decimal("65.9944")),
        ("reprovada", "ingestao_recente", Decimal(55)),
    ]
    assert (bad[3][0], newest.totals.reprovadas, newest.totals.bloqueios) == ("aprovada", 3, 0)


@pytest.mark.usefixtures("no_results")
def test_a_result_of_another_kind_is_an_error_of_the_warehouse(warehouse: Warehouse) -> None:
    check_quality(warehouse, one_day(LAST, ZONE), now=morning_after(LAST))
    with warehouse.transaction() as transaction:
        transaction.execute(
            "UPDATE resultados_qualidade SET veredito = 'talvez' WHERE verificacao = 'livro_razao'"
        )
    with pytest.raises(PermanentError, match="livro_razao"):
        QualitySource(warehouse).read(QualityRun())


def test_a_day_without_a_row_is_no_clean_day(warehouse: Warehouse) -> None:
    nothing_yet = LAST + timedelta(days=1)
    with warehouse.transaction() as transaction:
        results = results_in(
            transaction, one_day(nothing_yet, ZONE), now=morning_after(nothing_yet)
        )
        bad = {r.verificacao: r.valor for r in not_approved(list(results))}
    assert (bad["vendas_recentes"], bad["eventos_recentes"]) == (None, None)
    assert (bad["volume_de_vendas"], bad["volume_de_eventos"]) == (0, 0)


@contextmanager
def planted(warehouse: Warehouse, check: str, table: str) -> Iterator[None]:
    """The defect is there for every process, and in the end the table as before."""
    with warehouse.transaction() as transaction:
        transaction.execute(f"CREATE TABLE rows_before AS SELECT * FROM {table}")
        transaction.execute(DEFECTS[check])
    yield
    with warehouse.transaction() as transaction:
        transaction.execute(f"DELETE FROM {table}")
        transaction.execute(f"INSERT INTO {table} SELECT * FROM rows_before")
        transaction.execute("DROP TABLE rows_before")


def run_job(
    redshift: LocalRedshift, *arguments: str, **told: str
) -> "subprocess.CompletedProcess[str]":
    """The job as its container runs it; it asks neither Kafka nor MongoDB."""
    elsewhere = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "MONGO_URL": "mongodb://127.0.0.1:1",
        "PATIENCE_SECONDS": "1",
        "QUALITY_LAST_DAY": str(LAST),
    }
    return subprocess.run(
        [sys.executable, "-m", "platform_jobs.main", "quality", *arguments],
        env={**os.environ, **redshift.environment, **elsewhere, **told},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("no_results")
def test_the_days_that_are_named_are_checked_and_not_those_of_the_settings(
    redshift: LocalRedshift, warehouse: Warehouse
) -> None:
    before, first = LAST - timedelta(days=1), LAST - timedelta(days=7)
    with planted(warehouse, "diferenca_explicada", "conciliacao_diaria"):
        by_settings = run_job(redshift, QUALITY_LAST_DAY=str(before))
        named = ("--de", str(first), "--ate", str(LAST))
        by_name = run_job(redshift, *named, QUALITY_LAST_DAY=str(before))
    assert (by_settings.returncode, by_name.returncode) == (0, 1), by_name.stderr
    told = json.loads(by_name.stdout)
    assert told["id_execucao"].startswith(f"{first}/{LAST}@")
    blocking = {r["verificacao"]: r["dia"] for r in told["nao_aprovadas"] if r["bloqueante"]}
    assert blocking == {"diferenca_explicada": str(LAST)}


@pytest.mark.usefixtures("no_results")
def test_the_job_fails_when_a_check_that_blocks_does(
    redshift: LocalRedshift, warehouse: Warehouse
) -> None:
    good = run_job(redshift)
    assert good.returncode == 0, good.stderr
    told = json.loads(good.stdout)
    assert told["bloqueios"] == 0
    with warehouse.transaction() as transaction:
        recorded = transaction.rows("SELECT DISTINCT id_execucao FROM resultados_qualidade")
    with planted(warehouse, "estoque_sem_repeticao", "estoque"):
        bad = run_job(redshift)
    assert [row[0] for row in recorded] == [told["id_execucao"]]
    assert bad.returncode == 1
    told = json.loads(bad.stdout)
    blocking = {r["verificacao"] for r in told["nao_aprovadas"] if r["bloqueante"]}
    assert "estoque_sem_repeticao" in blocking
    assert told["nao_aprovadas"][0]["verificacao"] in blocking
    assert told["bloqueios"] == len(blocking)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        pytest.param({"WAREHOUSE_HOST": "127.0.0.2"}, "TransientError", id="it is away"),
        pytest.param({"WAREHOUSE_SCHEMA": "nowhere"}, "PermanentError", id="it refuses"),
        pytest.param({"QUALITY_FIRST_DAY": "2999-01-01"}, "PermanentError", id="no days"),
    ],
)
def test_checks_that_cannot_be_run_have_their_own_exit_code(
    redshift: LocalRedshift, told: dict[str, str], error: str
) -> None:
    """The code of an audit that could not be made."""
    none = run_job(redshift, **told)
    assert none.returncode == NotAuditedError.exit_code, none.stderr
    last = json.loads(none.stdout.splitlines()[-1])
    assert last["message"] == "no verdict of quality"
    assert error in last["exception"]
