"""Amounts of money in the tables: their type, and how an amount that it does not hold is written.

Each line is within the limits of its event or file, but thousands of the largest come to more.
"""

from decimal import Decimal
from typing import Final

MONEY: Final = "DECIMAL(18, 2)"
LARGEST: Final = Decimal("9999999999999999.99")
"""Of MONEY. A greater amount is written as this, and one below its negative as the negative."""


def bounded(amount: Decimal) -> Decimal:
    """The amount as it is written."""
    return max(-LARGEST, min(amount, LARGEST))


def bounded_sql(amount: str) -> str:
    """The same in SQL that the warehouse and DuckDB both read. The expression must have a type of
    38 digits, as a SUM has, and not be NULL, which LEAST passes over."""
    least, greatest = (f"CAST({end} AS DECIMAL(38, 2))" for end in (-LARGEST, LARGEST))
    wide = f"CAST({amount} AS DECIMAL(38, 2))"
    return f"CAST(GREATEST({least}, LEAST({greatest}, {wide})) AS {MONEY})"
