"""What customers do: an endless, seeded sequence of clicks, cart additions and purchases."""

import random
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from event_contracts.evento import TipoEvento
from shop_simulator.catalogue import Product
from shop_simulator.customers import Customer

OPEN_VISITS: Final = 200
"""Visits that go on side by side, so that the events of customers interleave."""

Take: TypeAlias = Callable[[str, int], bool]
"""Takes units of a product out of the stock; False if there are not so many."""

_LEAVE: Final = 0.15
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Action:
    """An event without its time; only a compra has `id_pedido`, `quantidade` and `preco`."""

    id_evento: UUID
    id_usuario: str
    tipo_evento: TipoEvento
    id_produto: str
    id_sessao: str
    id_pedido: str | None = None
    quantidade: int | None = None
    preco: Decimal | None = None


class Ids:
    """Ids of one run; they depend on the seed and the run's name alone."""

    def __init__(self, seed: int, run: str) -> None:
        self._rng = random.Random(f"{seed}/{run}")
        self._run = run
        self._serial = 0

    def evento(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)

    def next(self, prefix: str) -> str:
        """An id for an order or a visit."""
        self._serial += 1
        return f"{prefix}-{self._run}-{self._serial}"


class Weighted:
    """Draws indices with given weights; the sums are made once."""

    def __init__(self, weights: list[float]) -> None:
        self._sums = list(accumulate(weights))

    def draw(self, rng: random.Random) -> int:
        return bisect(self._sums, rng.random() * self._sums[-1], hi=len(self._sums) - 1)


class Shop:
    """Products, and customers who view and buy them."""

    def __init__(self, products: list[Product], customers: list[Customer]) -> None:
        self.products = products
        self.customers = customers
        self._by_popularity = Weighted([product.popularity for product in products])
        self._visitors = Weighted([customer.activity for customer in customers])

    def actions(self, rng: random.Random, ids: Ids, take: Take) -> Iterator[Action]:
        """An endless sequence. `rng` and `take` alone decide what happens; `ids` alone names it."""
        visits = [self._visit(rng, ids, take) for _ in range(OPEN_VISITS)]
        while True:
            index = rng.randrange(OPEN_VISITS)
            action = next(visits[index], None)
            if action is None:
                visits[index] = self._visit(rng, ids, take)
            else:
                yield action

    def _visit(self, rng: random.Random, ids: Ids, take: Take) -> Iterator[Action]:
        customer = self.customers[self._visitors.draw(rng)]
        visit = ids.next("s")
        cart: list[Product] = []
        while True:
            product = self.products[self._by_popularity.draw(rng)]
            yield _action(ids, TipoEvento.CLIQUE, customer, product, visit)
            if rng.random() < customer.segment.adds:
                cart.append(product)
                yield _action(ids, TipoEvento.ADICAO_CARRINHO, customer, product, visit)
            if rng.random() < _LEAVE:
                break
        if cart and rng.random() < customer.segment.buys:
            yield from _order(rng, ids, customer, cart, visit, take)


def _action(ids: Ids, tipo: TipoEvento, customer: Customer, product: Product, visit: str) -> Action:
    return Action(ids.evento(), customer.id_usuario, tipo, product.id_produto, visit)


def _order(
    rng: random.Random, ids: Ids, customer: Customer, cart: list[Product], visit: str, take: Take
) -> Iterator[Action]:
    """One line for each product of the cart that is in stock, all under one `id_pedido`."""
    order = ids.next("pedido")
    most = 20 if customer.segment.name == "atacado" else 3
    for product in dict.fromkeys(cart):
        units = rng.randint(1, most)
        if not take(product.id_produto, units):
            continue
        yield Action(
            id_evento=ids.evento(),
            id_usuario=customer.id_usuario,
            tipo_evento=TipoEvento.COMPRA,
            id_produto=product.id_produto,
            id_sessao=visit,
            id_pedido=order,
            quantidade=units,
            preco=product.price,
        )
