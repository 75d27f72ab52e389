"""Days that loads have marked, on a real warehouse: their figures are computed once, and no mark is
lost or taken away too early."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from tests.support.history_loads import compute_figures, load_staged
from tests.support.sales_history import TIMEZONE, Export, Line, figures, staged
from tests.support.warehouse_store import NOW, Store

from service_runtime.errors import TransientError
from warehouse.history import pending
from warehouse.history.pending import compute_first_month, mark_days
from warehouse.history.versions import FileVersion
from warehouse.transaction import Transaction

DAYS = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2))
TABLES = ("vendas_diarias", "produtos_diarios", "receita_diaria", "receita_mensal")


def export(number: int) -> Export:
    """A file with a sale on each of the days."""
    version = FileVersion(f"vendas/{number}.csv", "e", 10, NOW, len(DAYS))
    lines = (
        Line(
            f"o{number}-{day}",
            "p1",
            number,
            Decimal("3.50"),
            datetime.combine(day, time(15)),
            f"u{number}",
            *(None, None, None, "compra", "arquivo", "SP"),
            version.id_carga,
            row,
        )
        for row, day in enumerate(DAYS, start=1)
    )
    return Export(version, tuple(lines), ())


def load(store: Store, *exports: Export) -> None:
    load_staged(store, staged(store, exports))


def marked(store: Store) -> list[date]:
    return [row[0] for row in store.rows("SELECT dia FROM figuras_pendentes ORDER BY dia")]


def months(store: Store) -> list[date]:
    return [row[0] for row in store.rows("SELECT mes FROM receita_mensal ORDER BY mes")]


def check_figures(store: Store, *exports: Export) -> None:
    lines = {line for export in exports for line in export.lines}
    for table, expected in figures(lines, {}).items():
        rows = [tuple(row) for row in store.rows(f"SELECT * FROM {table}")]
        assert (len(rows), set(rows)) == (len(expected), set(expected)), table


def test_months_are_computed_in_order_and_each_takes_its_own_marks(store: Store) -> None:
    load(store, export(1), export(2))
    assert months(store) == []
    assert marked(store) == list(DAYS)
    assert compute_first_month(store.warehouse, timezone=TIMEZONE) == date(2026, 9, 1)
    assert (months(store), marked(store)) == ([date(2026, 9, 1)], list(DAYS[1:]))
    assert compute_first_month(store.warehouse, timezone=TIMEZONE) == date(2026, 10, 1)
    check_figures(store, export(1), export(2))
    assert compute_first_month(store.warehouse, timezone=TIMEZONE) is None


def test_two_loads_of_a_month_cost_one_computation(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, export(1))
    load(store, export(2))
    assert marked(store) == sorted(2 * DAYS)
    statements: list[str] = []
    execute = Transaction.execute

    def recorded(self: Transaction, statement: str, *parameters: object) -> object:
        statements.append(statement)
        return execute(self, statement, *parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(Transaction, "execute", recorded)
    compute_figures(store)
    assert sum("INSERT INTO receita_mensal" in statement for statement in statements) == 2
    check_figures(store, export(1), export(2))


def test_a_day_without_lines_any_more_loses_its_figures(store: Store) -> None:
    load(store, export(1))
    compute_figures(store)
    with store.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM vendas")
        mark_days(transaction, DAYS)
    compute_figures(store)
    assert {table: store.count(table) for table in TABLES} == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize(
    ("point", "left"),
    [("figuras_before_commit", list(DAYS)), ("figuras_after_commit", list(DAYS[1:]))],
)
def test_interrupted_it_leaves_the_marks_of_what_is_not_committed(
    store: Store, point: str, left: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, export(1))

    def stop(name: str) -> None:
        if name == point:
            raise TransientError(name)

    with monkeypatch.context() as patch:
        patch.setattr(pending, "hit_failpoint", stop)
        with pytest.raises(TransientError, match=point):
            compute_first_month(store.warehouse, timezone=TIMEZONE)
    assert marked(store) == left
    compute_figures(store)
    check_figures(store, export(1))
