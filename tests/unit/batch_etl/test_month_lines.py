"""The figures of a month by DuckDB, beside a twin in plain Python."""

import calendar
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.figures_twin import (
    Row,
    Sale,
    categories_of,
    figures_of,
    local_day,
    staged_rows,
)

from batch_etl.database import open_database
from batch_etl.intervals import Interval
from batch_etl.month_lines import FIGURES, MonthLines
from warehouse.arrow_schema import arrow_schema

SAO_PAULO, NEW_YORK = "America/Sao_Paulo", "America/New_York"
CATEGORIES = {"p1": "livros", "p2": None, "p3": "desconhecido"}


def month_of(day: date) -> Interval:
    last = calendar.monthrange(day.year, day.month)[1]
    return Interval(day.replace(day=1), day.replace(day=last))


def computed(
    parts: list[pa.Table], month: Interval, timezone: str
) -> tuple[dict[int, int], dict[str, list[Row]]]:
    """The lines of each load and the rows of each table."""
    with open_database("", memory_limit="512MB") as database:
        lines = MonthLines(database, month, timezone=timezone, categories=categories_of(CATEGORIES))
        for part in parts:
            lines.add(part)
        tables = {}
        for table in FIGURES:
            found = list(lines.figures(table))
            assert {part.schema for part in found} <= {arrow_schema(table)}
            tables[table.name] = [tuple(row.values()) for part in found for row in part.to_pylist()]
        return lines.per_load(), tables


def sale(data: str, **more: object) -> Sale:
    values: dict[str, object] = {
        "id_pedido": "o1", "id_produto": "p1", "quantidade": 1, "preco": Decimal("0.10"),
        "id_usuario": "u1", "regiao": "SP", "data": datetime.fromisoformat(data), **more,
    }  # fmt: skip
    return Sale(**values)  # type: ignore[arg-type]


MOMENTS = st.one_of(
    st.datetimes(datetime(2025, 10, 29), datetime(2025, 11, 4)),  # noqa: DTZ001
    st.sampled_from(
        [
            datetime.fromisoformat(text) + timedelta(microseconds=shift)
            for text in (
                "2025-11-01 03:00", "2025-11-01 04:00", "2025-11-02 04:00", "2025-11-02 05:00",
                "2025-11-03 05:00", "2025-12-01 03:00", "2025-12-01 05:00",
            )
            for shift in (-1, 0)
        ]
    ),
)  # fmt: skip
SALES = st.lists(
    st.builds(
        Sale,
        id_pedido=st.sampled_from(["o1", "o2", "o3"]),
        id_produto=st.sampled_from(["p1", "p2", "p3", "p4"]),
        quantidade=st.one_of(st.integers(1, 3), st.just(1_000_000)),
        preco=st.one_of(
            st.decimals(0, 100, places=2), st.sampled_from([Decimal(0), Decimal("99999999.99")])
        ),
        data=MOMENTS,
        id_usuario=st.sampled_from([None, "u1", "U1", "é"]),
        regiao=st.sampled_from([None, "SP", "desconhecido"]),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(SALES, st.sampled_from([SAO_PAULO, NEW_YORK, "UTC"]), st.integers(0, 12))
def test_the_figures_equal_those_of_the_twin(sales: list[Sale], timezone: str, cut: int) -> None:
    """NULL customers and regions, products without a category, orders on two days, in two regions
    and with two customers; in two parts."""
    month = Interval(date(2025, 11, 1), date(2025, 11, 30))
    own = [each for each in sales if local_day(each.data, timezone) in month]
    parts = [staged_rows(sales[:cut], 1), staged_rows(sales[cut:], 2)]
    per_load, tables = computed(parts, month, timezone)
    for table, expected in figures_of(own, CATEGORIES, timezone).items():
        assert len(tables[table]) == len(expected)
        assert set(tables[table]) == expected, table
    loads = [1 if at < cut else 2 for at, each in enumerate(sales) if each in own]
    assert per_load == Counter(loads)


@pytest.mark.parametrize(
    ("timezone", "data", "day"),
    [
        pytest.param(SAO_PAULO, "2025-09-01 02:59:59.999999", "2025-08-31", id="before midnight"),
        pytest.param(SAO_PAULO, "2025-09-01 03:00:00", "2025-09-01", id="at midnight"),
        pytest.param(SAO_PAULO, "2018-11-04 02:59:59", "2018-11-03", id="before summer"),
        pytest.param(SAO_PAULO, "2018-11-04 03:00:00", "2018-11-04", id="summer has no midnight"),
        pytest.param(SAO_PAULO, "2018-11-05 02:00:00", "2018-11-05", id="midnight in summer"),
        pytest.param(SAO_PAULO, "2019-02-17 02:59:59", "2019-02-16", id="23:59 again"),
        pytest.param(NEW_YORK, "2025-11-01 03:59:59", "2025-10-31", id="a month ends in summer"),
        pytest.param(NEW_YORK, "2025-12-01 04:59:59", "2025-11-30", id="a month ends in winter"),
        pytest.param("Asia/Kolkata", "2025-08-31 18:30:00", "2025-09-01", id="half an hour"),
        pytest.param("Pacific/Apia", "2011-12-30 10:00:00", "2011-12-31", id="a skipped day"),
        pytest.param(SAO_PAULO, "1899-12-31 03:06:27", "1899-12-30", id="before local mean time"),
        pytest.param(SAO_PAULO, "1899-12-31 03:06:28", "1899-12-31", id="in local mean time"),
    ],
)  # fmt: skip
def test_the_day_of_a_line_is_that_of_the_shop(timezone: str, data: str, day: str) -> None:
    expected = date.fromisoformat(day)
    rows = [staged_rows([sale(data)])]
    _, tables = computed(rows, month_of(expected), timezone)
    assert [row[0] for row in tables["receita_diaria"]] == [expected]
    for shift in (-31, 31):
        other = month_of(month_of(expected).first + timedelta(shift))
        assert other == month_of(expected) or computed(rows, other, timezone)[0] == {}


def test_columns_are_taken_by_name_and_others_left() -> None:
    month = Interval(date(2025, 9, 1), date(2025, 9, 30))
    rows = staged_rows([sale("2025-09-10 12:00")])
    turned = rows.select(rows.column_names[::-1]).append_column("dia", pa.array(["x"]))
    assert computed([turned], month, SAO_PAULO) == computed([rows], month, SAO_PAULO)


def test_what_does_not_fit_in_memory_goes_to_disk(tmp_path: Path) -> None:
    month = Interval(date(2025, 9, 1), date(2025, 9, 30))
    lines_of_a_part = 100_000
    base = staged_rows([sale("2025-09-10 12:00")] * lines_of_a_part)
    at = base.column_names.index("id_pedido")
    with open_database(str(tmp_path), memory_limit="40MB") as database:
        lines = MonthLines(database, month, timezone="UTC", categories=categories_of(CATEGORIES))
        for part in range(6):
            names = [f"a rather long order {part}-{n}" for n in range(lines_of_a_part)]
            lines.add(base.set_column(at, "id_pedido", pa.array(names)))
        assert any(path.is_file() for path in tmp_path.rglob("*"))
        (row,) = [row for part in lines.figures(FIGURES[2]) for row in part.to_pylist()]
    total = 6 * lines_of_a_part
    assert tuple(row.values()) == (date(2025, 9, 10), total, total, Decimal("60000.00"), 1)
