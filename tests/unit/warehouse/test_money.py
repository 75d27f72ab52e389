"""Amounts as they are written, in Python and in SQL."""

from decimal import Decimal

import duckdb
import pytest

from warehouse.money import LARGEST, MONEY, bounded, bounded_sql
from warehouse.tables import RECEITA_DIARIA

CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (LARGEST, LARGEST),
        (LARGEST + CENT, LARGEST),
        (Decimal("189999999981000000.00"), LARGEST),
        (LARGEST - CENT, LARGEST - CENT),
        (Decimal("0.00"), Decimal("0.00")),
        (-LARGEST, -LARGEST),
        (-LARGEST - CENT, -LARGEST),
    ],
)
def test_an_amount_beyond_the_limit_is_the_limit(amount: Decimal, written: Decimal) -> None:
    assert bounded(amount) == written
    half = f"(CAST({amount / 2} AS DECIMAL(38, 3)))"
    statement = f"SELECT {bounded_sql('SUM(x)')} FROM (VALUES {half}, {half}) AS halves(x)"
    with duckdb.connect() as database:
        relation = database.sql(statement)
        assert relation.fetchall() == [(written,)]
        assert relation.types == [duckdb.type(MONEY)]


def test_the_limit_is_that_of_the_columns() -> None:
    assert MONEY in {column.type for column in RECEITA_DIARIA.columns}
    with duckdb.connect() as database:
        statement = (
            f"SELECT TRY_CAST('{LARGEST}' AS {MONEY}), TRY_CAST('{LARGEST + CENT}' AS {MONEY})"
        )
        assert database.execute(statement).fetchall() == [(LARGEST, None)]
