"""What the platform told of a make-believe shop that had just closed, before a test sent more."""

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pymongo import MongoClient
from tests.support.open_shop import documents_of, get, pages
from tests.support.platform import mongo_url
from tests.support.stream import STREAM, Stream
from tests.support.waiting import wait_until

from event_contracts.names import COLLECTION_METRICAS
from shop_simulator.record import Entry, Expected, Kind
from vitrine_local.lag import Lag, StreamLag
from warehouse.audit import AuditReport
from warehouse.history.reconciled_row import Reconciled
from warehouse.history.reconciliation import reconcile

SHOP_TIMEZONE: Final = "America/Sao_Paulo"
MinuteFigures = dict[datetime, tuple[int, int, Decimal]]
"""Orders, units and revenue by minute."""


@dataclass(frozen=True)
class ClosedShop:
    """What the shop's record expects, and what each part told."""

    expected: Expected
    report: AuditReport
    written: list[str]
    """The ids of events in the warehouse."""
    dead: dict[str, str]
    """The reason of each dead letter, by its key."""
    products: dict[str, dict[str, Any]]
    """The items of `/vendas/resumo`, by product."""
    sales: MinuteFigures
    """The live figures of the minutes in which the shop was open."""
    views: Counter[str | None]
    """The clicks of each product in these minutes."""
    closed: MinuteFigures
    """What `metricas_minuto` has after all minutes were closed."""
    reconciled: list[Reconciled]

    @classmethod
    def of(cls, shop: Stream, expected: Expected) -> "ClosedShop":
        """Wait until the platform has counted everything, and ask each part."""
        report = shop.drain()
        wait_until(lambda: _is_caught_up(shop), "the API has read the whole ledger", seconds=30)
        lag = StreamLag(shop.platform.settings, shop.platform.layout)
        wait_until(lambda: lag.ask() == str(Lag(0, 0)), "both queries are at the end", seconds=30)
        letters = shop.rows("SELECT chave, motivo FROM eventos_rejeitados")
        open_minutes = {minute_of(event) for event in normal_events(expected)}
        sales, views = documents_of(shop, open_minutes)
        closed, reconciled = _close_minutes(shop)
        return cls(
            expected=expected,
            report=report,
            written=[row[0] for row in shop.rows("SELECT id_evento FROM eventos_clientes")],
            dead={bytes.fromhex(key).decode(): motivo for key, motivo in letters},
            products={item["id_produto"]: item for item in pages(shop, "/vendas/resumo")},
            sales=sales,
            views=views,
            closed=closed,
            reconciled=reconciled,
        )


def normal_events(expected: Expected) -> list[Entry]:
    """Those that did not come late."""
    return [event for event in expected.events.values() if event.kind is Kind.NORMAL]


def minute_of(event: Entry) -> datetime:
    """In which it happened."""
    assert event.timestamp
    return event.timestamp.replace(second=0, microsecond=0)


def _is_caught_up(shop: Stream) -> bool:
    answer = get(shop, "/pipeline/conciliacao").json()
    return bool(answer["particoes"]) and all(p["atraso"] == 0 for p in answer["particoes"])


def _close_minutes(shop: Stream) -> tuple[MinuteFigures, list[Reconciled]]:
    """As if the stream were two hours further."""
    now, url = datetime.now(UTC), mongo_url(shop.platform).get_secret_value()
    ahead = {"_id": "ativos/adiante", "tipo": "ativos", "usuarios": []}
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        documents = client[shop.platform.environment(STREAM)["MONGO_DATABASE"]][COLLECTION_METRICAS]
        documents.insert_one({**ahead, "atualizado_em": now + timedelta(hours=2)})
        try:
            command = [sys.executable, "-m", "platform_jobs.main", "close-minutes"]
            subprocess.run(command, env=shop.platform.environment("setup"), check=True, timeout=60)
        finally:
            documents.delete_one({"_id": ahead["_id"]})
    closed = {
        minuto.replace(tzinfo=UTC): (orders, units, revenue)
        for minuto, orders, units, revenue in shop.rows(
            "SELECT minuto, pedidos, unidades, receita FROM metricas_minuto"
        )
    }
    days = [(now - timedelta(days=n)).date() for n in range(2)]
    reconciled = [
        row
        for day in days
        for row in reconcile(shop.warehouse, day, timezone=SHOP_TIMEZONE, now=now)
    ]
    return closed, reconciled
