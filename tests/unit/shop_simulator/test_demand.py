"""How busy the days are that the shop makes up."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.unlimited_stock import in_stock

from shop_simulator.demand import (
    ORDERS_PER_EVENT,
    Promotion,
    demand,
    orders_a_day,
    popularity,
    price_of,
    promotion_of,
)
from shop_simulator.shop_factory import build_shop
from shop_simulator.visits import Ids

SHOP = build_shop(7, customers=2000)
DAYS = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
DAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("rate", "compression", "expected"),
    [
        pytest.param(7, 60, 323, id="as many as the live shop's day has"),
        pytest.param(0.1, 0, 276, id="a day that stands still is as long as a day"),
        pytest.param(0.01, 60, 250, id="at least"),
        pytest.param(5000, 60, 400, id="at most"),
    ],
)
def test_orders_a_day(rate: float, compression: float, expected: int) -> None:
    assert orders_a_day(events_per_second=rate, time_compression=compression) == expected


def test_visits_lead_to_so_many_orders() -> None:
    rng, ids = random.Random(3), Ids(1, "a")
    actions = list(islice(SHOP.actions(rng, ids, in_stock), 40_000))
    orders = {action.id_pedido for action in actions if action.id_pedido}
    assert len(orders) / len(actions) == pytest.approx(ORDERS_PER_EVENT, rel=0.1)


def test_the_mean_over_a_year_is_one() -> None:
    assert fmean(demand(day) for day in DAYS) == pytest.approx(1, abs=0.01)


def test_the_week_and_the_season_show() -> None:
    monday, sunday = date(2026, 11, 23), date(2026, 11, 29)
    assert demand(monday) > 1.4 * demand(sunday)
    assert demand(monday) > 1.2 * demand(date(2026, 5, 25))


def test_each_month_has_four_days_of_one_promotion() -> None:
    promotions = [promotion_of(day, seed=7, categories=["casa", "moda"]) for day in DAYS]
    days = [day for day, promotion in zip(DAYS, promotions, strict=True) if promotion]
    assert len(days) == 12 * 4
    assert {day.month for day in days} == set(range(1, 13))


def test_a_promotion_lowers_prices_and_is_popular() -> None:
    product, promotion = SHOP.products[0], Promotion(SHOP.products[0].category, discount=20)
    full, lowered = (price_of(product, DAY, each, seed=7) for each in (None, promotion))
    assert abs(lowered - full * 8 / 10) <= Decimal("0.01")
    assert popularity(product, promotion) == 2.5 * popularity(product, None)
    others = Promotion("outra", discount=20)
    assert price_of(product, DAY, others, seed=7) == full
    assert popularity(product, others) == product.popularity


@given(st.sampled_from(SHOP.products), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_prices_are_near_the_list_price(product, day) -> None:
    price = price_of(product, day, None, seed=7)
    assert price == round(price, 2)
    assert abs(price - product.price) <= product.price * 5 / 100 + Decimal("0.01")
