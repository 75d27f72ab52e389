"""What the tests of a make-believe shop ask of its platform."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import httpx
from pymongo import MongoClient
from tests.support.platform import mongo_url
from tests.support.stream import STREAM, Stream

from event_contracts.names import COLLECTION_METRICAS
from shop_simulator.record import MinuteTotals
from vitrine_local.platform import LocalPlatform

SIMULATOR: Final = "shop-simulator"


def get(shop: Stream, path: str) -> httpx.Response:
    """The answer of analytics-api."""
    port = shop.platform.settings.deployable_ports["analytics-api"]
    return httpx.get(f"http://127.0.0.1:{port}{path}").raise_for_status()


def pages(shop: Stream, path: str) -> Iterator[dict[str, Any]]:
    """The items of all pages of a list of analytics-api."""
    cursor: str | None = ""
    while cursor is not None:
        page = get(shop, f"{path}?limite=50{f'&cursor={cursor}' if cursor else ''}").json()
        yield from page["itens"]
        cursor = page["proximo_cursor"]


def minute_figures(totals: MinuteTotals) -> tuple[int, int, Decimal]:
    """Orders, units and revenue."""
    return len(totals.orders), totals.units, totals.revenue


def documents_of(
    shop: Stream, minutes: set[datetime] | None = None
) -> tuple[dict[datetime, tuple[int, int, Decimal]], Counter[str | None]]:
    """Sales per minute, all or these, and views per product, summed over partitions."""
    environment = shop.platform.environment(STREAM)
    url = mongo_url(shop.platform).get_secret_value()
    sales = defaultdict(lambda: (0, 0, Decimal(0)))
    views: Counter[str | None] = Counter()
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        documents = client[environment["MONGO_DATABASE"]][COLLECTION_METRICAS]
        for found in documents.find({"tipo": "minuto"}):
            if minutes is not None and found["minuto"] not in minutes:
                continue
            orders, units, revenue = sales[found["minuto"]]
            more = (found["pedidos"], found["unidades"], Decimal(found["receita"]))
            sales[found["minuto"]] = (orders + more[0], units + more[1], revenue + more[2])
            views.update({v["id_produto"]: v["n"] for v in found["visualizacoes"]})
    return sales, views


def total_of(sales: Mapping[datetime, tuple[int, int, Decimal]]) -> tuple[int, int, Decimal]:
    """A minute may gain a document that says zero."""
    orders, units, revenue = zip((0, 0, Decimal(0)), *sales.values(), strict=True)
    return sum(orders), sum(units), sum(revenue, start=Decimal(0))


def start_poller(platform: LocalPlatform, **changes: float) -> None:
    """With other times than a shop's, so that a test takes less."""
    sources = json.loads(platform.environment("inventory-poller")["STOCK_APIS"])
    told = {"STOCK_APIS": json.dumps([source | changes for source in sources])}
    platform.start_part("inventory-poller", told)
