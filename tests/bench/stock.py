"""What a round of inventory-poller costs with 100,000 products, of which one in a hundred changed.

The poll runs in this process, with its real HTTP client, Kafka client and state file; the stock API
is a process of its own.
"""

import asyncio
import multiprocessing
import random
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import uvicorn
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.bench.stream import Figures
from tests.support.kafka import create_topic
from tests.support.platform import free_ports, kafka_servers, local_settings
from tests.support.stock_server import new_stock, stock_app
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_ESTOQUE
from inventory_poller.adapters.contract import Source
from inventory_poller.client import SourceClient
from inventory_poller.heartbeat import Heartbeat
from inventory_poller.metrics import Metrics
from inventory_poller.poll import Poll
from inventory_poller.sources import StockApi, credentials_of
from inventory_poller.state import StateFile
from inventory_poller.stores import Stores
from service_runtime.producer import KafkaSender, connect_producer
from vitrine_local.platform import LocalPlatform

PRODUCTS: Final = 100_000
CHANGED: Final = PRODUCTS // 100
ROUNDS: Final = 3
_RESYNC: Final = 60.0
_GENERIC: Final = {
    "api": "generic",
    "path": "/estoque",
    "items": "estoque",
    "product": "id_produto",
    "level": "nivel_estoque",
    "moment": "ultima_atualizacao",
    "next_page": "mais && proximo || null",
    "next_parameter": "cursor",
}


def rounds_of_the_poller() -> Figures:
    """CPU seconds of this process for a round: all new; a hundredth changed, by the cursor of
    Vitrine's own API; the same with all stock read again; and all read by the generic adapter."""
    found: Figures = {}
    with TemporaryDirectory() as folder, _kafka(Path(folder)) as servers, stock_api() as url:
        asyncio.run(_vitrine(Path(folder), servers, url, found))
        asyncio.run(_generic(Path(folder), servers, url, found))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found["peak memory of this process, MB"] = kilobytes // 1024
    return found


@contextmanager
def _kafka(folder: Path) -> Iterator[str]:
    with LocalPlatform(local_settings(folder / "kafka")) as platform:
        platform.start(["kafka"])
        create_topic(kafka_servers(platform), TOPIC_ESTOQUE, partitions=2)
        yield kafka_servers(platform)


@contextmanager
def stock_api() -> Iterator[str]:
    """The URL of a stock API of PRODUCTS products in a process of its own; a POST to `/changes`
    changes `n` of them (CHANGED) and is answered with their new levels."""
    [port] = free_ports(1)
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,))
    server.start()
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(partial(_answers, url), "the API answers", seconds=120)
        yield url
    finally:
        server.terminate()
        server.join()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/armazens/cd/estoque?limite=1").status_code == 200
    except httpx.TransportError:
        return False


def _serve(port: int) -> None:
    stock, chosen = new_stock(PRODUCTS, ("cd",)), random.Random(7)
    location = stock.locations["cd"]

    async def change(request: Request) -> Response:
        n = int(request.query_params.get("n", CHANGED))
        names = [f"p{number}" for number in chosen.sample(range(PRODUCTS), n)]
        levels = {name: location.units(name) + 1 for name in names}
        for name, units in levels.items():
            location.put(name, units, datetime.now(UTC))
        return JSONResponse(levels)

    app = stock_app(stock)
    app.routes.append(Route("/changes", change, methods=["POST"]))
    uvicorn.run(app, port=port, log_level="error")


async def _vitrine(folder: Path, servers: str, url: str, found: Figures) -> None:
    clock = _Clock()
    given = {"id": "cd", "resync_seconds": _RESYNC}
    async with _poll(folder, servers, url, given, clock) as poll:
        found["all 100,000 new, CPU s"] = await _cpu(poll.run)
        by_cursor = [await _changed(url, poll) for _ in range(ROUNDS)]
        found["1,000 changed, by the cursor, CPU s"] = by_cursor
        again = []
        for _ in range(ROUNDS):
            clock.ahead += timedelta(seconds=_RESYNC)
            again.append(await _changed(url, poll))
        found["1,000 changed, all read again, CPU s"] = again


async def _generic(folder: Path, servers: str, url: str, found: Figures) -> None:
    async with _poll(folder, servers, url, {"id": "outro", **_GENERIC}, _Clock()) as poll:
        found["all 100,000 new, generic, CPU s"] = await _cpu(poll.run)
        figures = [await _changed(url, poll) for _ in range(ROUNDS)]
        found["1,000 changed, all read, generic, CPU s"] = figures


class _Clock:
    """A clock that may be put ahead, so that no measurement waits for the next reading of all."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def _poll(
    folder: Path, servers: str, url: str, given: dict[str, Any], clock: _Clock
) -> AsyncIterator[Poll]:
    """A poll with everything that it has in the service."""
    whole = {"url": f"{url}/armazens/cd", "allow_private": True, **given}
    source: Source = TypeAdapter(StockApi).validate_python(whole)
    kafka, timeout = {"bootstrap.servers": servers}, 30.0
    connect = partial(connect_producer, kafka, client_id="bench", delivery_timeout=timeout)
    sender = KafkaSender(connect, topic=TOPIC_ESTOQUE, delivery_timeout=timeout)
    stores = Stores(sender, StateFile(folder / f"state-{source.id}"))
    try:
        async with SourceClient(source) as client:
            yield Poll(
                source,
                source.adapter(credentials_of(source, "{}")),
                client,
                stores=stores,
                metrics=Metrics(),
                heartbeat=Heartbeat(timedelta(seconds=60)),
                clock=clock,
            )
    finally:
        stores.close()


async def _changed(url: str, poll: Poll) -> float:
    async with httpx.AsyncClient() as client:
        await client.post(f"{url}/changes")
    return await _cpu(poll.run)


async def _cpu(run: Callable[[], Awaitable[None]]) -> float:
    before = time.process_time()
    await run()
    return round(time.process_time() - before, 3)
