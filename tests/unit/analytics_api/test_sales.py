from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.sales import (
    ORDER_REACH,
    Cell,
    CellRow,
    Link,
    OrderDay,
    SalesCube,
    SalesLine,
)

D1 = date(2025, 5, 14)
D2 = D1 + timedelta(days=1)
D3 = D1 + timedelta(days=2)
FAR = D1 + ORDER_REACH + timedelta(days=1)


def line(order: str, product: str, dia: date, units: int = 1, cents: int = 100) -> SalesLine:
    return SalesLine(order, product, dia, units, cents)


def orders_of(cube: SalesCube, product: str, inicio: date, fim: date) -> int:
    return cube.period(inicio, fim).get(product, Cell()).pedidos


def test_lines_add_up_by_day_and_product() -> None:
    cube = SalesCube()
    cube.add([line("a", "p1", D1, 2, 500), line("b", "p1", D1, 1, 250), line("a", "p2", D2)], [])
    assert cube.days == {D1: {"p1": Cell(3, 750, 2)}, D2: {"p2": Cell(1, 100, 1)}}
    assert cube.totals == {"p1": Cell(3, 750, 2), "p2": Cell(1, 100, 1)}
    assert cube.orders == {D1: 2, D2: 1}


def test_an_order_of_several_products_is_one_order_of_the_day() -> None:
    cube = SalesCube()
    cube.add([line("a", "p1", D1), line("a", "p2", D1)], [])
    assert cube.today(D1) == Cell(2, 200, 1)
    assert cube.today(D2) == Cell(0, 0, 0)


def test_an_order_known_from_earlier_is_not_counted_again() -> None:
    cube = SalesCube()
    cube.add([line("a", "p1", D1)], [])
    cube.add([line("a", "p1", D1, 3)], [OrderDay("a", "p1", D1)])
    assert cube.totals["p1"] == Cell(4, 200, 1)
    assert cube.orders[D1] == 1


@pytest.mark.parametrize(
    ("days", "inicio", "fim", "expected"),
    [
        pytest.param([D1, D2], D1, D2, 1, id="both days hold it once"),
        pytest.param([D1, D2], D2, D2, 1, id="one day alone holds it too"),
        pytest.param([D1, D3], D1, D3, 1, id="not on adjacent days"),
        pytest.param([D3, D1, D2], D1, D3, 1, id="a day in between comes last"),
        pytest.param([D3, D1, D2], D2, D3, 1, id="part of three days"),
        pytest.param([D1, FAR], D1, FAR, 2, id="far apart it is another order"),
    ],
)
def test_an_order_of_several_days_counts_once(
    days: list[date], inicio: date, fim: date, expected: int
) -> None:
    cube = SalesCube()
    earlier: list[OrderDay] = []
    for day in days:
        cube.add([line("a", "p1", day)], earlier)
        earlier.append(OrderDay("a", "p1", day))
    assert orders_of(cube, "p1", inicio, fim) == expected
    assert cube.totals["p1"].pedidos == orders_of(cube, "p1", date.min, date.max)


def test_what_the_warehouse_added_up_is_the_same_as_line_by_line() -> None:
    cells = [CellRow(D1, "p1", 1, 100, 1), CellRow(D2, "p1", 2, 300, 2)]
    cube = SalesCube.load(cells, [(D1, 1), (D2, 2)], Counter({Link("p1", D1, D2): 1}))
    assert cube.totals == {"p1": Cell(3, 400, 2)}
    assert orders_of(cube, "p1", D1, D2) == 2
    assert cube.today(D2) == Cell(2, 300, 2)


lines = st.builds(
    SalesLine,
    st.sampled_from("abcd"),
    st.sampled_from(["p1", "p2", "p3"]),
    st.sampled_from([D1, D2, D3, D1 + timedelta(days=20)]),
    st.integers(1, 9),
    st.integers(0, 99_999),
)


@given(st.lists(st.lists(lines, max_size=6), max_size=6), st.data())
def test_batches_amount_to_the_plain_count_over_all_lines(
    batches: list[list[SalesLine]], data: st.DataObject
) -> None:
    cube = SalesCube()
    seen: list[SalesLine] = []
    for batch in batches:
        orders = {new.id_pedido for new in batch}
        cube.add(batch, [OrderDay(*old[:3]) for old in seen if old.id_pedido in orders])
        seen += batch
    inicio, fim = sorted(
        (data.draw(st.sampled_from([D1, D2, D3, FAR])), data.draw(st.sampled_from([D1, D2, FAR])))
    )
    found = {p: cell for p, cell in cube.period(inicio, fim).items() if cell.unidades}
    inside = [old for old in seen if inicio <= old.dia <= fim]
    assert found == {p: _plain(inside, p) for p in {old.id_produto for old in inside}}
    assert cube.totals == {p: _plain(seen, p) for p in {old.id_produto for old in seen}}
    for day in {old.dia for old in seen}:
        assert cube.orders[day] == len({old.id_pedido for old in seen if old.dia == day})


def _plain(seen: list[SalesLine], product: str) -> Cell:
    of_product = [old for old in seen if old.id_produto == product]
    return Cell(
        sum(old.unidades for old in of_product),
        sum(old.centavos for old in of_product),
        len({old.id_pedido for old in of_product}),
    )
