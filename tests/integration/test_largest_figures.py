"""Days whose revenue is beyond what a table holds, from lines that are each within their limits."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.history_loads import compute_figures, load_staged
from tests.support.redshift import LocalRedshift
from tests.support.sales_history import TIMEZONE, Export, Line, staged
from tests.support.stream import encoded
from tests.support.warehouse_store import NOW, Store, running_store

from event_contracts.evento import MAX_PRECO, MAX_QUANTIDADE
from warehouse.history.pending import mark_days
from warehouse.history.reconciliation import reconcile
from warehouse.history.versions import FileVersion
from warehouse.money import LARGEST
from warehouse.quality.days import one_day
from warehouse.quality.measuring import results_in
from warehouse.quality.verdict import Veredito

RETURNED, SOLD, NEXT = date(2025, 9, 29), date(2025, 9, 30), date(2025, 10, 1)
SEPTEMBER = date(2025, 9, 1)
TOO_MANY = 101
"""As many of the largest lines are more than LARGEST."""
COMPARED = {
    "diferenca_explicada",
    "fluxo_contra_arquivos",
    "ao_vivo_contra_fluxo",
    "produtos_contra_receita_diaria",
    "diarias_contra_receita_diaria",
    "receita_contra_vendas",
    "mes_contra_dias",
}


@pytest.fixture(scope="module")
def store(redshift: LocalRedshift) -> Iterator[Store]:
    """The stream returns on one day, and sells on the next, where files sell too; these also sell
    a little on that day and the one after it."""
    with running_store(redshift) as store:
        events = [event(f"d{n}", "devolucao", RETURNED) for n in range(TOO_MANY)]
        events += [event(f"f{n}", "compra", SOLD) for n in range(TOO_MANY + 1)]
        store.load(encoded(events), writer=store.take_over(), off_from=0)
        load_staged(store, staged(store, [export()]))
        with store.warehouse.transaction() as transaction:
            mark_days(transaction, [RETURNED])
        yield store


def noon(day: date) -> datetime:
    return datetime.combine(day, time(15))


def event(order: str, tipo_evento: str, day: date) -> dict[str, Any]:
    return {
        "id_usuario": "u1",
        "tipo_evento": tipo_evento,
        "id_pedido": order,
        "id_produto": "p1",
        "quantidade": MAX_QUANTIDADE,
        "preco": str(MAX_PRECO),
        "timestamp": noon(day).isoformat(),
    }


def export() -> Export:
    largest = [(f"a{n}", "p1", MAX_QUANTIDADE, MAX_PRECO, noon(SOLD)) for n in range(TOO_MANY)]
    small = [(f"p{day}", "p2", 2, Decimal("3.50"), noon(day)) for day in (SOLD, NEXT)]
    version = FileVersion("vendas/a.csv", "e", 10, NOW, len(largest) + len(small))
    of_file = ("u2", None, None, None, "compra", "arquivo", "SP", version.id_carga)
    rows = enumerate([*largest, *small], start=1)
    return Export(version, tuple(Line(*sale, *of_file, row) for row, sale in rows), ())


def revenue(store: Store, table: str, key: str) -> dict[object, Decimal]:
    return {
        tuple(keys): value for *keys, value in store.rows(f"SELECT {key}, receita FROM {table}")
    }


def test_figures_beyond_the_limit_are_the_limit_and_later_months_are_right(store: Store) -> None:
    compute_figures(store, timezone=TIMEZONE)
    assert store.count("figuras_pendentes") == 0
    days = {(RETURNED,): -LARGEST, (SOLD,): LARGEST, (NEXT,): Decimal(7)}
    assert revenue(store, "receita_diaria", "dia") == days
    assert revenue(store, "receita_mensal", "mes") == {(SEPTEMBER,): LARGEST, (NEXT,): Decimal(7)}
    assert revenue(store, "produtos_diarios", "dia, id_produto") == {
        (RETURNED, "p1"): -LARGEST,
        (SOLD, "p1"): LARGEST,
        (SOLD, "p2"): Decimal(7),
        (NEXT, "p2"): Decimal(7),
    }
    assert revenue(store, "vendas_diarias", "dia, regiao") == {
        (RETURNED, "desconhecido"): -LARGEST,
        (SOLD, "desconhecido"): LARGEST,
        (SOLD, "SP"): LARGEST,
        (NEXT, "SP"): Decimal(7),
    }
    units = store.rows(f"SELECT pedidos, unidades FROM receita_diaria WHERE dia = '{SOLD}'")
    assert [tuple(row) for row in units] == [(204, 203 * MAX_QUANTIDADE + 2)]


def test_such_a_day_is_reconciled(store: Store) -> None:
    minutes = (noon(SOLD) + timedelta(minutes=n) for n in range(3))
    values = ", ".join(f"('{at}', 1, 1, {LARGEST}, 0, '{NOW:%Y-%m-%d}')" for at in minutes)
    with store.warehouse.transaction() as transaction:
        transaction.execute(f"INSERT INTO metricas_minuto VALUES {values}")
    found = reconcile(store.warehouse, SOLD, timezone=TIMEZONE, now=NOW)[0]
    assert (found.fluxo, found.arquivo) == (LARGEST, LARGEST)
    assert found.diferenca == Decimal(7) - MAX_QUANTIDADE * MAX_PRECO
    assert (found.ausente_no_fluxo, found.ausente_no_arquivo) == (LARGEST, -LARGEST)
    assert (found.outro_dia, found.valor_diferente) == (0, 0)
    assert (found.ao_vivo, found.ao_vivo_esperado) == (LARGEST, LARGEST)
    written = store.rows("SELECT fluxo, ausente_no_arquivo, ao_vivo FROM conciliacao_diaria")
    assert (LARGEST, -LARGEST, LARGEST) in [tuple(row) for row in written]


@pytest.mark.parametrize("day", [RETURNED, SOLD, NEXT])
def test_sums_at_the_limit_are_compared_with_nothing(store: Store, day: date) -> None:
    compute_figures(store)
    reconcile(store.warehouse, SOLD, timezone=TIMEZONE, now=NOW)
    with store.warehouse.transaction() as transaction:
        days = one_day(day, ZoneInfo(TIMEZONE))
        results = [
            result
            for result in results_in(transaction, days, now=NOW)
            if result.verificacao in COMPARED
        ]
    assert {result.verificacao for result in results} == COMPARED
    assert [result for result in results if result.veredito is not Veredito.APROVADA] == []
