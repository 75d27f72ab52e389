"""Builds the shop and its fault injector from the settings; no I/O."""

import random
from collections.abc import Callable
from datetime import datetime

from shop_simulator.catalogue import build_catalogue
from shop_simulator.customers import build_customers
from shop_simulator.fault_injection import FaultInjector, Shares
from shop_simulator.settings import Settings
from shop_simulator.stock import Stock, shares_of
from shop_simulator.visits import Ids, Shop


def build_shop(seed: int, *, customers: int) -> Shop:
    """The same shop for the same seed."""
    products = build_catalogue(random.Random(f"{seed}/catalogue"))
    return Shop(products, build_customers(random.Random(f"{seed}/customers"), count=customers))


def build_stock(seed: int, shop: Shop, *, clock: Callable[[], datetime]) -> Stock:
    """Full locations; the same purchases lead to the same levels for the same seed."""
    shares = shares_of((product.id_produto, product.popularity) for product in shop.products)
    return Stock(shares, random.Random(f"{seed}/stock"), clock=clock)


def build_fault_injector(settings: Settings, shop: Shop, stock: Stock) -> FaultInjector:
    """The same events and faults for the same seed and run."""
    ids = Ids(settings.seed, settings.run)
    actions = shop.actions(random.Random(f"{settings.seed}/visits"), ids, stock.take)
    shares = Shares(
        late=settings.share_late,
        repeated=settings.share_repeated,
        broken=settings.share_broken,
        via_kafka=0.5 if settings.kafka_bootstrap_servers else 0.0,
    )
    rng = random.Random(f"{settings.seed}/faults")
    return FaultInjector(actions, rng, shares=shares, run=settings.run)
