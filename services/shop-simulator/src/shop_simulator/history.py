"""What the shop sold before it opened: the sales of any day, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from shop_simulator.catalogue import Product
from shop_simulator.customers import Customer
from shop_simulator.demand import demand, popularity, price_of, promotion_of
from shop_simulator.rhythm import SHOP_TIME, busyness
from shop_simulator.visits import Shop, Weighted

_NOISE: Final = 0.06
_ANOTHER_PRODUCT: Final = 0.5
_MOST_PRODUCTS: Final = 8
_SECONDS_PER_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class SalesLine:
    """One product of an order, as the shop's database has it; `data` is in the shop's time."""

    id_pedido: str
    id_produto: str
    id_usuario: str
    quantidade: int
    preco: Decimal
    data: datetime
    regiao: str


@dataclass(frozen=True, slots=True)
class _Day:
    """What does not change within a day."""

    by_popularity: Weighted
    prices: list[Decimal]


class History:
    """The sales of each day, in the order of their moments."""

    def __init__(self, shop: Shop, *, seed: int, orders_a_day: int) -> None:
        self._products = shop.products
        self._customers = shop.customers
        self._categories = sorted({product.category for product in shop.products})
        self._seed = seed
        self._orders_a_day = orders_a_day
        self._buyers = Weighted([each.activity * each.segment.buys for each in shop.customers])
        self._hours = Weighted([busyness((hour + 0.5) * _SECONDS_PER_HOUR) for hour in range(24)])

    def sales_of(self, day: date) -> list[SalesLine]:
        """An order's lines follow each other and share its moment, customer and state."""
        rng = random.Random(f"{self._seed}/history/{day}")
        count = round(self._orders_a_day * demand(day) * rng.lognormvariate(0.0, _NOISE))
        moments = sorted(self._moment(rng, day) for _ in range(count))
        terms = self._terms(day)
        return [
            line
            for number, moment in enumerate(moments, start=1)
            for line in self._order(rng, f"pedido-{day:%Y%m%d}-{number}", moment, terms)
        ]

    def _moment(self, rng: random.Random, day: date) -> datetime:
        second = self._hours.draw(rng) * _SECONDS_PER_HOUR + rng.randrange(_SECONDS_PER_HOUR)
        return datetime.combine(day, time(), SHOP_TIME) + timedelta(seconds=second)

    def _terms(self, day: date) -> _Day:
        promotion = promotion_of(day, seed=self._seed, categories=self._categories)
        by_popularity = Weighted([popularity(product, promotion) for product in self._products])
        prices = [price_of(each, day, promotion, seed=self._seed) for each in self._products]
        return _Day(by_popularity, prices)

    def _order(
        self, rng: random.Random, order: str, moment: datetime, terms: _Day
    ) -> Iterator[SalesLine]:
        customer = self._customers[self._buyers.draw(rng)]
        for index in _basket(rng, terms.by_popularity):
            product = self._products[index]
            yield _line(rng, order, moment, customer, product, terms.prices[index])


def _basket(rng: random.Random, by_popularity: Weighted) -> list[int]:
    """Indices of products, each once."""
    drawn = [by_popularity.draw(rng)]
    while len(drawn) < _MOST_PRODUCTS and rng.random() < _ANOTHER_PRODUCT:
        drawn.append(by_popularity.draw(rng))
    return list(dict.fromkeys(drawn))


def _line(
    rng: random.Random,
    order: str,
    moment: datetime,
    customer: Customer,
    product: Product,
    price: Decimal,
) -> SalesLine:
    most = 20 if customer.segment.name == "atacado" else 3
    return SalesLine(
        id_pedido=order,
        id_produto=product.id_produto,
        id_usuario=customer.id_usuario,
        quantidade=rng.randint(1, most),
        preco=price,
        data=moment,
        regiao=customer.state,
    )
