"""Figures of a month that tasks have staged, on a real warehouse: they are written where `vendas`
has their lines and no others, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pytest
from tests.support.history_loads import compute_figures, load_staged
from tests.support.sales_history import TIMEZONE, Export, Line, figures, staged
from tests.support.warehouse_store import NOW, Store

from warehouse.arrow_schema import arrow_schema
from warehouse.history import ready_figures
from warehouse.history.day_spans import months_of
from warehouse.history.ready_figures import ReadyFigures, catalogue, has_other_lines
from warehouse.history.versions import FileVersion
from warehouse.tables import (
    PRODUTOS_DIARIOS,
    RECEITA_DIARIA,
    RECEITA_MENSAL,
    VENDAS_DIARIAS,
    Table,
)

MONTH: Final = (date(2026, 10, 1), date(2026, 10, 31))
DAYS: Final = (date(2026, 10, 1), date(2026, 10, 31))
_SUMS: Final = (99, 99, Decimal(99))
"""No sum of the lines: so it is seen whose figures were written."""
READY: Final[dict[Table, list[tuple[object, ...]]]] = {
    VENDAS_DIARIAS: [(day, "SP", "livros", *_SUMS, 99) for day in DAYS],
    PRODUTOS_DIARIOS: [(day, "p1", *_SUMS) for day in DAYS],
    RECEITA_DIARIA: [(day, *_SUMS, 99) for day in DAYS],
    RECEITA_MENSAL: [(MONTH[0], *_SUMS, 99)],
}


def export(name: str, *moments: datetime) -> Export:
    """A file with a sale at each of these moments, UTC."""
    version = FileVersion(f"vendas/{name}.csv", "e", 10, NOW, len(moments))
    sale = ("SP", version.id_carga)
    lines = (
        Line(
            f"{name}-{row}",
            "p1",
            1,
            Decimal("3.50"),
            moment,
            "u1",
            *(None, None, None, "compra", "arquivo"),
            *sale,
            row,
        )
        for row, moment in enumerate(moments, start=1)
    )
    return Export(version, tuple(lines), ())


def at(day: date, *, hours: int) -> datetime:
    """So many hours after the midnight of São Paulo."""
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=3 + hours)


OWN: Final = export("own", at(DAYS[0], hours=0), at(DAYS[1], hours=23))
"""The first and the last hour of the month."""


def load(store: Store, *exports: Export) -> None:
    load_staged(store, staged(store, exports))


def ready(store: Store) -> ReadyFigures:
    manifests = {}
    for table, rows in READY.items():
        schema = arrow_schema(table)
        columns = [
            pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        file = store.area.write_table(pa.table(columns, schema=schema), f"{table.name}.parquet")
        manifests[table.name] = store.area.write_manifest([file], f"{table.name}.manifest").url
    with store.warehouse.transaction() as transaction:
        held = catalogue(transaction)
    return ReadyFigures({OWN.version.id_carga: len(OWN.lines)}, manifests, held, "default")


def compute(store: Store, offered: ReadyFigures) -> None:
    compute_figures(store, ready={MONTH[0]: offered})


def rows_of(store: Store, table: Table) -> set[tuple[object, ...]]:
    rows = store.rows(f"SELECT {table.column_list} FROM {table.name}")
    found = {tuple(row) for row in rows}
    assert len(found) == len(rows)
    return found


def test_they_are_written_in_place_of_what_was_there(store: Store) -> None:
    load(store, OWN)
    compute(store, replace(ready(store), lines={}))
    assert rows_of(store, RECEITA_MENSAL) == {(MONTH[0], 2, 2, Decimal(7), 1)}
    with store.warehouse.transaction() as transaction:
        transaction.execute("INSERT INTO figuras_pendentes VALUES ('2026-10-31')")
    compute(store, ready(store))
    for table, rows in READY.items():
        assert rows_of(store, table) == set(rows), table.name
    assert store.count("figuras_pendentes") == 0


def another_file(store: Store) -> None:
    load(store, export("other", at(date(2026, 10, 15), hours=0)))


def a_line_of_the_stream(store: Store) -> None:
    with store.warehouse.transaction() as transaction:
        transaction.execute("UPDATE vendas SET id_carga = NULL WHERE linha = 1")


def one_line_less(store: Store) -> None:
    with store.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM vendas WHERE linha = 2")


def products(store: Store) -> None:
    with store.warehouse.transaction() as transaction:
        transaction.execute(
            "INSERT INTO cargas VALUES (1, 'produtos', 'a', 'e', 1, %s, 'carregada', "
            "0, 0, 0, 0, 0, NULL, %s)",
            (NOW.replace(tzinfo=None), NOW.replace(tzinfo=None)),
        )


@pytest.mark.parametrize("change", [another_file, a_line_of_the_stream, one_line_less, products])
def test_what_changed_meanwhile_is_added_up_by_the_warehouse(
    store: Store, change: Callable[[Store], None]
) -> None:
    load(store, OWN)
    offered = ready(store)
    change(store)
    compute(store, offered)
    lines = {Line(*row) for row in store.rows("SELECT * FROM vendas")}
    for name, expected in figures(lines, {}).items():
        assert {tuple(row) for row in store.rows(f"SELECT * FROM {name}")} == expected, name


@pytest.mark.parametrize(
    ("moment", "others"),
    [
        pytest.param(at(MONTH[0], hours=-1), False, id="an hour before the month"),
        pytest.param(at(MONTH[0], hours=0), True, id="its first hour"),
        pytest.param(at(MONTH[1], hours=23), True, id="its last hour"),
        pytest.param(at(MONTH[1], hours=24), False, id="an hour later"),
    ],
)
def test_lines_of_others_are_looked_for_within_the_month(
    store: Store, moment: datetime, others: bool
) -> None:
    load(store, OWN, export("other", moment))
    with store.warehouse.transaction() as transaction:
        loads = {OWN.version.id_carga}
        assert has_other_lines(transaction, MONTH, loads, timezone=TIMEZONE) is others


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("day", [MONTH[0], date(2026, 10, 18), date(2026, 11, 1)])
def test_a_month_of_which_a_day_begins_earlier_or_later_in_the_warehouse_is_added_up_by_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, day: date, hours: int
) -> None:
    """As after a change of the law that one of the two lists of time zones lacks."""
    load(store, OWN)
    offered = ready(store)
    shifts, begin_of = {day: timedelta(hours=hours)}, ready_figures.begin_of
    monkeypatch.setattr(
        ready_figures,
        "begin_of",
        lambda each, zone: begin_of(each, zone) + shifts.get(each, timedelta(0)),
    )
    compute(store, offered)
    assert rows_of(store, RECEITA_MENSAL) == {(MONTH[0], 2, 2, Decimal(7), 1)}


@pytest.mark.parametrize("timezone", ["America/Sao_Paulo", "Asia/Kathmandu", "Africa/Cairo", "UTC"])
@pytest.mark.parametrize("year", [2018, 2026])
def test_days_begin_in_the_warehouse_when_they_do_in_python(
    store: Store, timezone: str, year: int
) -> None:
    """Half hours, and clocks that skip midnight or see it twice."""
    with store.warehouse.transaction() as transaction:
        for month in months_of(date(year, number, 1) for number in range(1, 13)):
            assert ready_figures._days_begin_alike(transaction, month, timezone)
