from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_api.cursor import CursorError, decode_cursor, encode_cursor
from analytics_api.periods import PeriodFigures, PeriodTables
from analytics_api.reports import AsOf, SalesFilter, best_sellers, summary
from analytics_api.sales import SalesColumns

D1, D2 = date(2025, 5, 14), date(2025, 5, 15)
EVERYTHING = SalesFilter()
NOTHING_TOLD = AsOf(None, [])


def columns_of(*lines: tuple[str, date, int, str]) -> SalesColumns:
    columns = SalesColumns()
    columns.add([[(f"o{i}", p, d, n, v) for i, (p, d, n, v) in enumerate(lines)]], [])
    return columns


def figures_of(columns: SalesColumns, chosen: SalesFilter = EVERYTHING) -> PeriodFigures:
    return PeriodTables(columns).of_columns(chosen.period)


SOLD = columns_of(
    ("p2", D1, 3, "9.00"), ("p1", D1, 1, "149.70"), ("p3", D2, 3, "0.05"), ("p1", D2, 2, "0.01")
)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(EVERYTHING, {"p1": 3, "p2": 3, "p3": 3}, id="all"),
        pytest.param(SalesFilter(inicio=D2), {"p1": 2, "p3": 3}, id="from a day on"),
        pytest.param(SalesFilter(fim=D1), {"p1": 1, "p2": 3}, id="up to a day, included"),
        pytest.param(SalesFilter(D1, D1, "p1"), {"p1": 1}, id="one product of one day"),
        pytest.param(SalesFilter(id_produto="p9"), {}, id="an unknown product"),
        pytest.param(SalesFilter(inicio=date.max), {}, id="after the last day that can be"),
    ],
)
def test_summary_chooses(chosen: SalesFilter, expected: dict[str, int]) -> None:
    page = summary(figures_of(SOLD, chosen), chosen, NOTHING_TOLD, limite=10, after="")
    assert {item.id_produto: item.total_vendido for item in page.itens} == expected
    assert page.total.total_vendido == sum(expected.values())
    assert page.proximo_cursor is None


def test_an_item_tells_units_money_and_orders() -> None:
    chosen = SalesFilter(id_produto="p1")
    page = summary(figures_of(SOLD), chosen, NOTHING_TOLD, limite=10, after="")
    assert page.model_dump(mode="json") == {
        "total": {"total_vendido": 3, "receita": "149.71", "pedidos": 2},
        "atualizado_em": None,
        "degradado": [],
        "itens": [
            {"id_produto": "p1", "total_vendido": 3, "receita": "149.71", "pedidos": 2}
            | {"nome": None, "categoria": None}
        ],
        "proximo_cursor": None,
    }


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.sets(texts, min_size=1, max_size=12), st.integers(1, 5))
def test_pages_hold_everything_once_and_in_order(products: set[str], limite: int) -> None:
    figures = figures_of(columns_of(*((product, D1, 1, "1.00") for product in products)))
    found: list[str] = []
    after = ""
    while True:
        page = summary(figures, EVERYTHING, NOTHING_TOLD, limite=limite, after=after)
        assert len(page.itens) <= limite
        assert page.total.total_vendido == len(products)
        found += [item.id_produto for item in page.itens]
        if page.proximo_cursor is None:
            break
        after = decode_cursor(page.proximo_cursor)
    assert found == sorted(products)


def test_a_page_goes_on_where_the_last_one_ended_though_products_came_in_between() -> None:
    first = summary(figures_of(SOLD), EVERYTHING, NOTHING_TOLD, limite=2, after="")
    grown = columns_of(*((p, D1, 1, "1.00") for p in ("p0", "p1", "p2", "p21", "p3")))
    after = decode_cursor(first.proximo_cursor or "")
    second = summary(figures_of(grown), EVERYTHING, NOTHING_TOLD, limite=2, after=after)
    assert [item.id_produto for item in second.itens] == ["p21", "p3"]


@given(st.text(min_size=1, max_size=40))
def test_cursors_come_back(product: str) -> None:
    assert decode_cursor(encode_cursor(product)) == product


@pytest.mark.parametrize("cursor", ["", "!", "á", "A", "cDE=", "cDF", "_w", "gICA"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        decode_cursor(cursor)


def test_best_sellers_break_ties_by_revenue_then_name() -> None:
    columns = columns_of(
        ("b", D1, 5, "0.10"), ("a", D1, 5, "0.10"), ("c", D1, 5, "0.11"), ("d", D1, 6, "0.01")
    )
    ranking = best_sellers(figures_of(columns), EVERYTHING, NOTHING_TOLD, limite=3, in_all=9)
    assert [(item.posicao, item.id_produto) for item in ranking.itens] == [
        (1, "d"),
        (2, "c"),
        (3, "a"),
    ]
    assert ranking.total.receita == Decimal("0.32")


def test_periods_asked_for_last_are_kept_and_no_others() -> None:
    tables = PeriodTables(SOLD, kept=2)
    periods = [SalesFilter(fim=day).period for day in (D1, D2)]
    first, second = [tables.of_columns(period) for period in periods]
    assert tables.of_columns(periods[0]) is first
    tables.of_columns(EVERYTHING.period)
    assert tables.of_columns(periods[0]) is first
    assert tables.of_columns(periods[1]) is not second
