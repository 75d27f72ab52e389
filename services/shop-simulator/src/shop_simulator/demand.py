"""How much of each product a day's customers want: week, season and promotions."""

import math
import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from shop_simulator.catalogue import Product

ORDERS_PER_EVENT: Final = 0.032
"""What the visits of this shop come to."""

_FEWEST, _MOST = 250, 400
_SECONDS_PER_DAY: Final = 86_400
_WEEKDAYS: Final = (1.15, 1.12, 1.08, 1.04, 1.00, 0.82, 0.79)
"""From Monday on; the mean is 1."""
_SEASON: Final = 0.15
_PEAK: Final = 331
"""Day of the year with the most orders: the week of Black Friday."""
_PROMOTION_DAYS: Final = 4
_PROMOTION_DEMAND: Final = 2.5
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Promotion:
    """A category at a lower price, `discount` in percent."""

    category: str
    discount: int

    def lowers(self, product: Product) -> bool:
        return product.category == self.category


def orders_a_day(*, events_per_second: float, time_compression: float) -> int:
    """As many as a day of the live shop has, whose day passes `time_compression` times faster; but
    between 250 and 400, so that a day looks like one and months of them stay small."""
    events = events_per_second * _SECONDS_PER_DAY / max(time_compression, 1.0)
    return round(min(max(events * ORDERS_PER_EVENT, _FEWEST), _MOST))


def demand(day: date) -> float:
    """How busy a day is; the mean over whole years is 1."""
    angle = 2 * math.pi * (day.timetuple().tm_yday - _PEAK) / 365.25
    return _WEEKDAYS[day.weekday()] * (1 + _SEASON * math.cos(angle))


def promotion_of(day: date, *, seed: int, categories: list[str]) -> Promotion | None:
    """Each month has one, of one category and four days."""
    rng = random.Random(f"{seed}/promotion/{day:%Y-%m}")
    first, category = rng.randint(1, 25), rng.choice(categories)
    promotion = Promotion(category, discount=rng.choice((10, 15, 20, 30)))
    return promotion if first <= day.day < first + _PROMOTION_DAYS else None


def popularity(product: Product, promotion: Promotion | None) -> float:
    """Its weight among what the day's customers buy."""
    lowered = promotion is not None and promotion.lowers(product)
    return product.popularity * (_PROMOTION_DEMAND if lowered else 1.0)


def price_of(product: Product, day: date, promotion: Promotion | None, *, seed: int) -> Decimal:
    """Within 5% of the list price, the same all month, less the discount of a promotion."""
    rng = random.Random(f"{seed}/price/{product.id_produto}/{day:%Y-%m}")
    percent = Decimal(rng.randint(95, 105))
    if promotion is not None and promotion.lowers(product):
        percent = percent * (100 - promotion.discount) / 100
    return (product.price * percent / 100).quantize(_CENT)
