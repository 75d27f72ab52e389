"""The sales of days gone by: the same for the same seed, and valid whatever the day."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shop_simulator.history import History, SalesLine
from shop_simulator.rhythm import SHOP_TIME
from shop_simulator.shop_factory import build_shop

SHOP = build_shop(7, customers=500)
DAY = date(2026, 11, 16)
STATES = {customer.id_usuario: customer.state for customer in SHOP.customers}
PRICES = {product.id_produto: product.price for product in SHOP.products}


def history(seed: int = 7, orders_a_day: int = 300) -> History:
    return History(SHOP, seed=seed, orders_a_day=orders_a_day)


def month_of_lines() -> list[SalesLine]:
    shop = history()
    return [line for n in range(28) for line in shop.sales_of(DAY - timedelta(days=n))]


def test_the_same_seed_and_day_give_the_same_sales() -> None:
    forwards, backwards = history(), history()
    first = [forwards.sales_of(DAY), forwards.sales_of(DAY + timedelta(days=1))]
    second = [backwards.sales_of(DAY + timedelta(days=1)), backwards.sales_of(DAY)]
    assert first == second[::-1]
    assert history(seed=8).sales_of(DAY) != first[0] != first[1]


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2015, 1, 1), date(2045, 1, 1)), st.integers(0, 2**32))
def test_every_line_is_valid(day: date, seed: int) -> None:
    lines = history(seed, 40).sales_of(day)
    assert lines
    assert len({(line.id_pedido, line.id_produto) for line in lines}) == len(lines)
    for line in lines:
        assert line.data.astimezone(SHOP_TIME).date() == day
        assert line.regiao == STATES[line.id_usuario]
        assert 1 <= line.quantidade <= 20
        assert 0.6 * float(PRICES[line.id_produto]) < line.preco == round(line.preco, 2)
    assert [line.data for line in lines] == sorted(line.data for line in lines)


def test_an_order_has_one_customer_and_one_moment() -> None:
    owners: dict[str, tuple[object, ...]] = {}
    for line in month_of_lines():
        seen = (line.id_usuario, line.data, line.regiao)
        assert owners.setdefault(line.id_pedido, seen) == seen


def test_the_number_of_orders_is_as_told() -> None:
    orders = len({line.id_pedido for line in month_of_lines()}) / 28
    assert 280 < orders < 370


def test_what_is_popular_sells_and_evenings_are_busy() -> None:
    lines = month_of_lines()
    sold = Counter(line.id_produto for line in lines)
    assert sold[SHOP.products[0].id_produto] > 5 * sold[SHOP.products[40].id_produto] > 0
    hours = Counter(line.data.hour for line in lines)
    assert hours[20] > 5 * hours[3]
