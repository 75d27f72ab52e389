"""The shop's stock API, or any other application, served by a thread of the test's own."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from tests.support.platform import free_ports
from tests.support.waiting import wait_until

from shop_simulator.stock import Stock
from shop_simulator.stock_api import StockApi


@contextmanager
def served(app: ASGIApp, **tls: Any) -> Iterator[str]:
    """Serve while the context is open, encrypted where uvicorn's settings of TLS are given; yields
    the URL."""
    [number] = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=number, log_level="error", lifespan="off", timeout_graceful_shutdown=1, **tls
        )
    )
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the server listens", seconds=30, every=0.02)
        yield f"http{'s' if tls else ''}://127.0.0.1:{number}"
    finally:
        server.should_exit = True
        thread.join()


def new_stock(products: int, locations: Sequence[str] = ("cd-a", "cd-b")) -> Stock:
    """Every location has all products, `p0` and so on."""
    shares = {f"p{number}": 1 / products for number in range(products)}
    return Stock(shares, random.Random(7), clock=_now, locations=locations)


def _now() -> datetime:
    return datetime.now(UTC)


def stock_app(stock: Stock) -> Starlette:
    """The stock API of shop-simulator, and its faults."""
    return Starlette(routes=StockApi(stock, run="r").routes())


def levels_of(stock: Stock) -> Mapping[tuple[str, str], int]:
    """Every level, by location and product."""
    return {
        (name, level.id_produto): level.units
        for name, location in stock.locations.items()
        for level in location.page(after=0, limit=10**6).levels
    }
