from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.money import to_cents, to_text


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0.00"), (5, "0.05"), (100, "1.00"), (14970, "149.70"), (-5, "-0.05"), (-250, "-2.50")],
)
def test_to_text(cents: int, text: str) -> None:
    assert to_text(cents) == text


@given(st.integers(-(10**25), 10**25))
def test_cents_come_back_exactly(cents: int) -> None:
    assert to_cents(Decimal(to_text(cents))) == cents


def test_whole_numbers_are_money_too() -> None:
    assert to_cents(Decimal("3")) == to_cents(3) == 300
