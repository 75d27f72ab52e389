from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.reports import (
    CursorError,
    SalesFilter,
    best_sellers,
    decode_cursor,
    encode_cursor,
    summary,
)
from analytics_api.sales import SalesCube, SalesLine

D1, D2 = date(2025, 5, 14), date(2025, 5, 15)
EVERYTHING = SalesFilter()


def cube_of(*lines: tuple[str, date, int, int]) -> SalesCube:
    cube = SalesCube()
    cube.add(
        [SalesLine(f"o{i}", p, d, units, cents) for i, (p, d, units, cents) in enumerate(lines)],
        [],
    )
    return cube


CUBE = cube_of(("p2", D1, 3, 900), ("p1", D1, 1, 14970), ("p3", D2, 3, 5), ("p1", D2, 2, 1))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(EVERYTHING, {"p1": 3, "p2": 3, "p3": 3}, id="all"),
        pytest.param(SalesFilter(inicio=D2), {"p1": 2, "p3": 3}, id="from a day on"),
        pytest.param(SalesFilter(fim=D1), {"p1": 1, "p2": 3}, id="up to a day, included"),
        pytest.param(SalesFilter(D1, D1, "p1"), {"p1": 1}, id="one product of one day"),
        pytest.param(SalesFilter(id_produto="p9"), {}, id="an unknown product"),
    ],
)
def test_summary_chooses(chosen: SalesFilter, expected: dict[str, int]) -> None:
    page = summary(CUBE, chosen, limite=10, cursor=None)
    assert {item["id_produto"]: item["total_vendido"] for item in page.itens} == expected
    assert page.proximo_cursor is None


def test_an_item_tells_units_money_and_orders() -> None:
    page = summary(CUBE, SalesFilter(id_produto="p1"), limite=10, cursor=None)
    assert page.itens == [
        {"id_produto": "p1", "total_vendido": 3, "receita": "149.71", "pedidos": 2}
    ]


@given(st.sets(st.text(min_size=1, max_size=8), max_size=12), st.integers(1, 5))
def test_pages_hold_everything_once_and_in_order(products: set[str], limite: int) -> None:
    cube = cube_of(*((product, D1, 1, 1) for product in products))
    found: list[str] = []
    cursor = None
    while True:
        page = summary(cube, EVERYTHING, limite=limite, cursor=cursor)
        assert len(page.itens) <= limite
        found += [item["id_produto"] for item in page.itens]
        cursor = page.proximo_cursor
        if cursor is None:
            break
    assert found == sorted(products)


def test_a_page_goes_on_where_the_last_one_ended_though_products_came_in_between() -> None:
    first = summary(CUBE, EVERYTHING, limite=2, cursor=None)
    grown = cube_of(*((p, D1, 1, 1) for p in ("p0", "p1", "p2", "p21", "p3")))
    second = summary(grown, EVERYTHING, limite=2, cursor=first.proximo_cursor)
    assert [item["id_produto"] for item in second.itens] == ["p21", "p3"]


@given(st.text(min_size=1, max_size=40))
def test_cursors_come_back(product: str) -> None:
    assert decode_cursor(encode_cursor(product)) == product


@pytest.mark.parametrize("cursor", ["", "!", "á", "A", "cDE=", "cDF", "_w", "gICA"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        decode_cursor(cursor)


def test_best_sellers_break_ties_by_revenue_then_name() -> None:
    cube = cube_of(("b", D1, 5, 10), ("a", D1, 5, 10), ("c", D1, 5, 11), ("d", D1, 6, 1))
    ranking = best_sellers(cube, EVERYTHING, limite=3)
    assert [(item["posicao"], item["id_produto"]) for item in ranking] == [
        (1, "d"),
        (2, "c"),
        (3, "a"),
    ]
