from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.sales import Cell, CellRow, OrderDay, SalesCube, SalesLine, Span, weights

D1 = date(2025, 5, 14)
D2 = D1 + timedelta(days=1)
D3 = D1 + timedelta(days=2)
FAR = D1 + timedelta(days=400)
DAYS = (D1, D2, D3, D1 + timedelta(days=20), FAR)


def line(order: str, product: str, dia: date, units: int = 1, cents: int = 100) -> SalesLine:
    return SalesLine(order, product, dia, units, cents)


def orders_of(cube: SalesCube, product: str, inicio: date, fim: date) -> int:
    return cube.period(inicio, fim).get(product, Cell()).pedidos


def added_one_by_one(lines: Sequence[SalesLine]) -> SalesCube:
    cube = SalesCube()
    for at, new in enumerate(lines):
        cube.add([new], [OrderDay(*old[:4]) for old in lines[:at] if old[0] == new[0]])
    return cube


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
    cube = added_one_by_one([line("a", "p1", D1), line("a", "p1", D1, 3)])
    assert cube.totals["p1"] == Cell(4, 200, 1)
    assert cube.orders[D1] == 1


@pytest.mark.parametrize(
    ("lines", "inicio", "fim", "expected"),
    [
        pytest.param([(D1, 1), (D2, 1)], D1, D2, 1, id="both days hold it once"),
        pytest.param([(D1, 1), (D2, 1)], D2, D2, 1, id="one day alone holds it too"),
        pytest.param([(D1, 1), (D3, 1)], D1, D3, 1, id="not on adjacent days"),
        pytest.param([(D3, 1), (D1, 1), (D2, 1)], D1, D3, 1, id="a day in between comes last"),
        pytest.param([(D3, 1), (D1, 1), (D2, 1)], D2, D3, 1, id="part of three days"),
        pytest.param([(D1, 1), (FAR, 1)], D1, FAR, 1, id="however far apart"),
        pytest.param([(D1, 2), (D2, -2)], D1, D2, 0, id="all of it taken back"),
        pytest.param([(D1, 2), (D2, -2)], D1, D1, 1, id="but not by the day of the purchase"),
        pytest.param([(D1, 2), (D2, -2)], D2, D2, 0, id="taken back alone is no order"),
        pytest.param([(D1, 2), (D2, -1)], D1, D2, 1, id="part of it taken back"),
        pytest.param([(D2, -1), (D1, 1)], D1, D2, 0, id="the return was known first"),
        pytest.param([(D1, 1), (D2, -1), (D3, 1)], D1, D3, 1, id="bought again"),
        pytest.param([(D1, 1), (D2, -1), (D3, 1)], D1, D2, 0, id="before it was bought again"),
        pytest.param([(D1, 1), (D1, -1)], D1, D1, 0, id="taken back on the same day"),
    ],
)
def test_an_order_counts_when_more_was_bought_than_taken_back(
    lines: list[tuple[date, int]], inicio: date, fim: date, expected: int
) -> None:
    cube = added_one_by_one([line("a", "p1", dia, units) for dia, units in lines])
    assert orders_of(cube, "p1", inicio, fim) == expected
    assert cube.totals["p1"].pedidos == orders_of(cube, "p1", date.min, date.max)


def test_an_order_of_a_day_counts_by_its_units_of_all_products() -> None:
    cube = SalesCube()
    cube.add([line("a", "p1", D1, 2), line("a", "p2", D1, -1, -100)], [])
    assert cube.today(D1) == Cell(1, 0, 1)
    cube.add(
        [line("a", "p2", D1, -1, -100)], [OrderDay("a", "p1", D1, 2), OrderDay("a", "p2", D1, -1)]
    )
    assert cube.today(D1) == Cell(0, -100, 0)


def test_only_neighbours_have_weights_where_nothing_is_taken_back() -> None:
    many = {D1 + timedelta(days=n): 1 for n in range(1000)}
    assert Counter(weights(many).values()) == {1: 1000, -1: 999}


def test_what_the_warehouse_added_up_is_the_same_as_line_by_line() -> None:
    cells = [CellRow(D1, "p1", 1, 100, 1), CellRow(D2, "p1", 2, 300, 2)]
    cube = SalesCube.load(cells, [(D1, 1), (D2, 2)], Counter({Span("p1", D1, D2): -1}))
    assert cube.totals == {"p1": Cell(3, 400, 2)}
    assert orders_of(cube, "p1", D1, D2) == 2
    assert cube.today(D2) == Cell(2, 300, 2)


units = st.integers(-4, 4).filter(bool)
lines = st.builds(
    lambda order, product, dia, n: SalesLine(order, product, dia, n, 1250 * n),
    st.sampled_from("abc"),
    st.sampled_from(["p1", "p2"]),
    st.sampled_from(DAYS),
    units,
)
batches = st.lists(st.lists(lines, max_size=6), max_size=6)


@given(st.lists(lines, max_size=20), batches, st.tuples(*[st.sampled_from(DAYS)] * 2))
def test_loaded_and_added_to_amount_to_the_plain_count_over_all_lines(
    loaded: list[SalesLine], added: list[list[SalesLine]], ends: tuple[date, date]
) -> None:
    cube = _loaded(loaded)
    seen = list(loaded)
    _assert_plain(cube, seen, min(ends), max(ends))
    for batch in added:
        orders = {new.id_pedido for new in batch}
        cube.add(batch, [OrderDay(*old[:4]) for old in seen if old.id_pedido in orders])
        seen += batch
        _assert_plain(cube, seen, min(ends), max(ends))


def _loaded(seen: list[SalesLine]) -> SalesCube:
    """As the warehouse adds up, in the words of `weights`."""
    cells = {
        (old.dia, old.id_produto): _plain([o for o in seen if o.dia == old.dia], old.id_produto)
        for old in seen
    }
    spans: Counter[Span] = Counter()
    for order, product in {old[:2] for old in seen}:
        days: Counter[date] = Counter()
        for old in seen:
            if old[:2] == (order, product):
                days[old.dia] += old.unidades
        spans.update({Span(product, a, b): n for (a, b), n in weights(days).items() if a != b})
    rows = [CellRow(d, p, c.unidades, c.centavos, c.pedidos) for (d, p), c in cells.items()]
    return SalesCube.load(rows, [(d, _orders_on(seen, d)) for d in {o.dia for o in seen}], spans)


def _assert_plain(cube: SalesCube, seen: list[SalesLine], inicio: date, fim: date) -> None:
    inside = [old for old in seen if inicio <= old.dia <= fim]
    assert cube.period(inicio, fim) == {
        p: _plain(inside, p) for p in {o.id_produto for o in inside}
    }
    assert cube.totals == {p: _plain(seen, p) for p in {old.id_produto for old in seen}}
    for day in {old.dia for old in seen}:
        assert cube.today(day).pedidos == _orders_on(seen, day)


def _plain(seen: list[SalesLine], product: str) -> Cell:
    of_product = [old for old in seen if old.id_produto == product]
    return Cell(
        sum(old.unidades for old in of_product),
        sum(old.centavos for old in of_product),
        _net_orders(of_product),
    )


def _orders_on(seen: list[SalesLine], day: date) -> int:
    return _net_orders([old for old in seen if old.dia == day])


def _net_orders(seen: list[SalesLine]) -> int:
    net: Counter[str] = Counter()
    for old in seen:
        net[old.id_pedido] += old.unidades
    return sum(n > 0 for n in net.values())
