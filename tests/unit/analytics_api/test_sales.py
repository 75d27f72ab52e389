from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Event
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_api.counting import ALL_PRODUCTS
from analytics_api.periods import Period, PeriodTables
from analytics_api.sales import Cell, SalesColumns
from analytics_api.tiling import AFTER, BEFORE

D1 = date(2025, 5, 14)
D2 = D1 + timedelta(days=1)
D3 = D1 + timedelta(days=2)
FAR = D1 + timedelta(days=400)
DAYS = (D1, D2, D3, D1 + timedelta(days=20), D1 + timedelta(days=90), FAR)


class Line(NamedTuple):
    id_pedido: str
    id_produto: str
    dia: date
    unidades: int = 1
    receita: Decimal = Decimal("1.00")


def add(columns: SalesColumns, new: Sequence[Line], seen: Sequence[Line] = ()) -> None:
    """As the warehouse tells it: with what it has of the same orders."""
    orders = {line.id_pedido for line in new}
    earlier = [(*line[:4], 0) for line in seen if line.id_pedido in orders]
    columns.add([new], [earlier])


def added_one_by_one(lines: Sequence[Line]) -> SalesColumns:
    columns = SalesColumns()
    for at, new in enumerate(lines):
        add(columns, [new], lines[:at])
    return columns


def told(columns: SalesColumns, first: date = BEFORE, last: date = AFTER) -> dict[str, Cell]:
    """Every product of a period, and all together."""
    figures = PeriodTables(columns).of_columns(Period(first, last))
    rows = figures.cursor.execute(f"FROM {figures.table}").fetchall()
    return {product: Cell(*sold) for product, *sold in rows}


def plain(lines: Sequence[Line], first: date = BEFORE, last: date = AFTER) -> dict[str, Cell]:
    """The rule itself, over all lines."""
    inside = [line for line in lines if first <= line.dia <= last]
    found = {p: _plain([a for a in inside if a.id_produto == p]) for p in {a[1] for a in inside}}
    return found | ({ALL_PRODUCTS: _plain(inside)} if inside else {})


def _plain(lines: Sequence[Line]) -> Cell:
    net: Counter[str] = Counter()
    for line in lines:
        net[line.id_pedido] += line.unidades
    orders = sum(units > 0 for units in net.values())
    return Cell(net.total(), sum((line.receita for line in lines), Decimal("0.00")), orders)


def test_lines_add_up_by_product_and_in_total() -> None:
    lines = [
        Line("a", "p1", D1, 2, Decimal("5.00")),
        Line("b", "p1", D1, 1, Decimal("2.50")),
        Line("a", "p2", D2),
    ]
    columns = SalesColumns()
    add(columns, lines)
    assert told(columns, D1, D1) == {
        "p1": Cell(3, Decimal("7.50"), 2),
        ALL_PRODUCTS: Cell(3, Decimal("7.50"), 2),
    }
    assert told(columns) == {
        "p1": Cell(3, Decimal("7.50"), 2),
        "p2": Cell(1, Decimal("1.00"), 1),
        ALL_PRODUCTS: Cell(4, Decimal("8.50"), 2),
    }
    assert columns.of_day(D1) == Cell(3, Decimal("7.50"), 2)
    assert columns.of_day(D3) == Cell()


def test_an_order_known_from_earlier_is_not_counted_again() -> None:
    columns = added_one_by_one([Line("a", "p1", D1), Line("a", "p1", D1, 3)])
    assert told(columns)["p1"] == Cell(4, Decimal("2.00"), 1)


@pytest.mark.parametrize(
    ("lines", "first", "last", "expected"),
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
    lines: list[tuple[date, int]], first: date, last: date, expected: int
) -> None:
    columns = added_one_by_one([Line("a", "p1", dia, units) for dia, units in lines])
    found = told(columns, first, last)
    assert (found["p1"].pedidos, found[ALL_PRODUCTS].pedidos) == (expected, expected)


@pytest.mark.parametrize(
    ("lines", "of_products", "in_total"),
    [
        pytest.param([("p1", D1, 1), ("p2", D1, 1)], 2, 1, id="two products"),
        pytest.param([("p1", D1, 1), ("p2", D2, 1)], 2, 1, id="two products on two days"),
        pytest.param([("p1", D1, 2), ("p2", D1, 1), ("p2", D3, -1)], 1, 1, id="one given back"),
        pytest.param([("p1", D1, 1), ("p2", D1, 1), ("p1", D2, -1)], 1, 1, id="of two, one"),
        pytest.param([("p1", D1, 1), ("p2", D2, -1)], 1, 0, id="as much back as bought"),
    ],
)
def test_an_order_counts_once_in_the_total(
    lines: list[tuple[str, date, int]], of_products: int, in_total: int
) -> None:
    found = told(added_one_by_one([Line("a", product, *rest) for product, *rest in lines]))
    total = found.pop(ALL_PRODUCTS)
    assert (sum(cell.pedidos for cell in found.values()), total.pedidos) == (of_products, in_total)


def test_sums_beyond_64_bits_of_cents_are_exact() -> None:
    much = Decimal("99999999999999.99")
    lines = [Line(f"o{n}", "p1", D1, 1_000_000, much) for n in range(2_000)]
    columns = SalesColumns()
    add(columns, lines)
    assert told(columns)["p1"].receita == 2_000 * much > Decimal(2**63) / 100


def test_the_oldest_months_become_one_sum_when_there_are_too_many_cells() -> None:
    lines = [
        Line("a", "p1", D1),
        Line("a", "p1", D1 + timedelta(days=31)),
        Line("b", "p2", FAR),
        Line("a", "p1", FAR),
    ]
    columns = SalesColumns(most_cells=3)
    add(columns, lines)
    assert columns.since == FAR.replace(day=1)
    assert told(columns) == plain(lines)
    assert told(columns, FAR, FAR) == plain(lines, FAR, FAR)
    assert columns.holds(BEFORE, FAR)
    assert columns.holds(columns.since, FAR)
    assert not columns.holds(D1, FAR)
    assert not columns.holds(BEFORE, D1)
    assert columns.of_day(FAR) == plain(lines, FAR, FAR)[ALL_PRODUCTS]


def test_the_newest_month_is_kept_however_much_it_holds() -> None:
    lines = [Line("a", f"p{n}", D1) for n in range(9)]
    columns = SalesColumns(most_cells=1)
    add(columns, lines)
    assert columns.since == BEFORE
    assert told(columns, D1, D1) == plain(lines)


def test_what_fails_half_way_leaves_everything_as_it_was() -> None:
    columns = added_one_by_one([Line("a", "p1", D1)])
    broken = iter([[(D2, "p2", 1, "1.00", 1)], [(D2, "p2", "many", "1.00", 1)]])
    with pytest.raises(Exception, match="many"):
        columns.load(broken, [], since=BEFORE)
    assert told(columns) == plain([Line("a", "p1", D1)])
    assert schemas(columns) == {"main", "tables_a"}
    columns.load([[(D2, "p2", 1, "1.00", 1), (D2, ALL_PRODUCTS, 1, "1.00", 1)]], [], since=BEFORE)
    assert told(columns) == plain([Line("b", "p2", D2)])
    assert schemas(columns) == {"main", "tables_b"}


def schemas(columns: SalesColumns) -> set[str]:
    """Those of its database that hold a table or a view."""
    cursor = columns.cursor()
    found = cursor.execute(
        "SELECT schema_name FROM duckdb_tables() WHERE database_name = 'vendas' "
        "UNION SELECT schema_name FROM duckdb_views() WHERE database_name = 'vendas' "
        "AND NOT internal"
    ).fetchall()
    return {name for (name,) in found}


lines = st.builds(
    lambda order, product, dia, n: Line(order, product, dia, n, Decimal(1250 * n).scaleb(-2)),
    st.sampled_from("abc"),
    st.sampled_from(["p1", "p2", 'õ"\\,\n=\u2028']),
    st.sampled_from(DAYS),
    st.integers(-4, 4).filter(bool),
)
batches = st.lists(st.lists(lines, min_size=1, max_size=6), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(batches, st.sampled_from([2, 4, 1000]), st.lists(st.sampled_from(DAYS), max_size=6))
def test_any_batches_amount_to_the_plain_count_over_all_lines(
    added: list[list[Line]], most_cells: int, ends: list[date]
) -> None:
    columns = SalesColumns(most_cells=most_cells)
    seen: list[Line] = []
    for batch in added:
        add(columns, batch, seen)
        seen += batch
        assert told(columns) == plain(seen)
        for first, last in zip(sorted(ends), sorted(ends)[1:], strict=False):
            if columns.holds(first, last):
                assert told(columns, first, last) == plain(seen, first, last)
        for day in DAYS:
            if day >= columns.since:
                assert columns.of_day(day) == plain(seen, day, day).get(ALL_PRODUCTS, Cell())


def test_readers_see_each_load_whole_while_it_goes_on() -> None:
    columns = SalesColumns()
    ends = Event()
    seen: set[int] = set()

    def read() -> None:
        tables = PeriodTables(columns)
        while not ends.is_set():
            figures = tables.of_columns(Period(D1, D3))
            seen.add(figures.total(None)[0])

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(read)
        for number in range(40):
            day, units = (D1, D2)[number % 2], 100 + number % 2
            rows = [(day, f"p{n}", 1, "1.00", 1) for n in range(units)]
            columns.load([rows, [(day, ALL_PRODUCTS, units, "1.00", 1)]], [], since=BEFORE)
        ends.set()
        reading.result(20)
    assert {100, 101} <= seen <= {0, 100, 101}
