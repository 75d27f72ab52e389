"""Runs the checks: every figure is read in one snapshot, then judged and recorded."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from warehouse.audit import audit_in
from warehouse.connection import Warehouse
from warehouse.quality.checks import Auditoria, Contas, TableChecks
from warehouse.quality.days import Days
from warehouse.quality.declared import declared_checks
from warehouse.quality.figures import Figure
from warehouse.quality.results import Result, record, result_of, run_id
from warehouse.quality.table_pass import Pass
from warehouse.transaction import Transaction


def check_quality(warehouse: Warehouse, days: Days, *, now: datetime) -> list[Result]:
    """Run all declared checks of these days, and record their results in one transaction.

    Raises TransientError while the warehouse is away, PermanentError where it refuses a query.
    """
    with warehouse.transaction() as transaction:
        results = list(results_in(transaction, days, now=now))
    with warehouse.transaction() as transaction:
        record(transaction, results, id_execucao=run_id(days, now), now=now)
    return results


def results_in(
    transaction: Transaction,
    days: Days,
    *,
    now: datetime,
    declared: Iterable[TableChecks] | None = None,
) -> Iterator[Result]:
    """The results as this transaction sees the tables; nothing is recorded."""
    for checks in declared_checks() if declared is None else declared:
        yield from map(result_of, Pass(checks, days, now).figures(transaction))
        yield from map(result_of, _with_own_statement(transaction, checks, days))


def _with_own_statement(
    transaction: Transaction, declared: TableChecks, days: Days
) -> Iterator[Figure]:
    day = days.only if declared.momento else None
    for check in declared.verificacoes:
        if isinstance(check, Contas):
            number = transaction.row(days.fill_in(check.consulta))[0]
            value = Decimal(str(number or 0))
            yield Figure(declared.tabela, check, check.nome, day, value, f"valor {value:f}")
        elif isinstance(check, Auditoria):
            problems = audit_in(transaction).problems
            value, note = Decimal(len(problems)), (problems[0] if problems else "nenhuma")
            yield Figure(declared.tabela, check, check.nome, None, value, note)
