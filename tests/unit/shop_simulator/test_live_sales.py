"""The live shop's sales as its database exports them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shop_simulator.history import SalesLine
from shop_simulator.live_sales import MOST_LINES, LiveSales, as_exported
from shop_simulator.record import Entry, Kind
from shop_simulator.rhythm import SHOP_TIME
from shop_simulator.shop_factory import build_shop

SHOP = build_shop(7, customers=5)
BUYER = SHOP.customers[0]
NOW = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


def purchase(**changes: Any) -> Entry:
    fields = {
        "kind": Kind.NORMAL,
        "id_usuario": BUYER.id_usuario,
        "tipo_evento": "compra",
        "id_produto": "p1",
        "timestamp": NOW,
        "id_pedido": "o1",
        "quantidade": 2,
        "preco": Decimal("9.90"),
    }
    return Entry(**fields | changes)


def test_a_purchase_is_of_the_shops_own_day() -> None:
    sales = LiveSales(SHOP.customers)
    sales.add(purchase())
    at = NOW.astimezone(SHOP_TIME)
    line = SalesLine("o1", "p1", BUYER.id_usuario, 2, Decimal("9.90"), at, BUYER.state)
    assert sales.by_day() == {date(2026, 11, 28): [line]}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(purchase(id_pedido=None, quantidade=None, preco=None), id="a click"),
        pytest.param(Entry(kind=Kind.BROKEN_HTTP, motivo="json", chave="k"), id="a broken event"),
        pytest.param(purchase(id_usuario="visitor"), id="a stranger"),
    ],
)
def test_all_else_is_left_out(entry: Entry) -> None:
    sales = LiveSales(SHOP.customers)
    sales.add(entry)
    assert sales.by_day() == {}


def test_a_repeat_counts_once() -> None:
    sales = LiveSales(SHOP.customers)
    for entry in (purchase(), purchase(kind=Kind.REPEATED), purchase(id_produto="p2")):
        sales.add(entry)
    assert [line.id_produto for line in sales.by_day()[date(2026, 11, 28)]] == ["p1", "p2"]


def test_what_is_kept_is_bounded() -> None:
    sales = LiveSales(SHOP.customers)
    for number in range(MOST_LINES + 5):
        sales.add(purchase(id_pedido=f"o{number}"))
    assert len(sales.by_day()[date(2026, 11, 28)]) == MOST_LINES
    for days in (2, 1, 3):
        sales.add(purchase(timestamp=NOW + timedelta(days=days)))
    assert sorted(sales.by_day()) == [date(2026, 11, 30), date(2026, 12, 1)]


def test_some_lines_differ_and_the_same_ones_each_time() -> None:
    price, at = Decimal("10.00"), NOW.astimezone(SHOP_TIME)
    lines = [SalesLine(f"o{n}", "p1", "u1", 1, price, at, "SP") for n in range(5000)]
    exported = list(as_exported(lines))
    told, found = {each.id_pedido: each for each in lines}, {e.id_pedido: e for e in exported}
    lowered = [key for key in told.keys() & found.keys() if found[key].preco == Decimal("9.00")]
    assert len(found) == len(exported)
    assert all(found[key] == told[key] for key in told.keys() & found.keys() - set(lowered))
    for count in (len(lowered), len(told.keys() - found.keys()), len(found.keys() - told.keys())):
        assert 60 < count < 140
    assert list(as_exported(lines[:100])) == exported[: len(list(as_exported(lines[:100])))]
