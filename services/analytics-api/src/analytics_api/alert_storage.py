"""Reads `alertas_estoque`: the open alerts, and those that closed last."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from pymongo import DESCENDING, AsyncMongoClient

from analytics_api.stock_models import AlertaEstoque
from event_contracts.live_figures import STOCK_LOOK_ID
from event_contracts.names import COLLECTION_ALERTAS, COLLECTION_METRICAS
from service_runtime.errors import PermanentError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.settings import MongoSettings

MOST_OPEN: Final = 1000
"""As many as stock-alerts opens."""
MOST_CLOSED: Final = 50


@dataclass(frozen=True, slots=True)
class StockAlerts:
    """The open alerts, those first whose stock ends first; the last that closed; and when
    stock-alerts last looked at the stock, None if it never did."""

    open: list[AlertaEstoque] = field(default_factory=list)
    closed: list[AlertaEstoque] = field(default_factory=list)
    looked_at: datetime | None = None


class AlertSource:
    """Raises TransientError while MongoDB is away, PermanentError if it refuses or a document is
    not as stock-alerts writes it."""

    def __init__(self, client: AsyncMongoClient[Document], settings: MongoSettings) -> None:
        database = client[settings.mongo_database]
        self._alerts, self._looks = database[COLLECTION_ALERTAS], database[COLLECTION_METRICAS]

    async def read(self) -> StockAlerts:
        """All of it."""
        closed = self._alerts.find({"fechado_em": {"$ne": None}})
        with mongo_errors():
            open_now = [_alert(d) async for d in self._alerts.find({"fechado_em": None})]
            last = [
                _alert(d) async for d in closed.sort("fechado_em", DESCENDING).limit(MOST_CLOSED)
            ]
            look = await self._looks.find_one({"_id": STOCK_LOOK_ID})
        looked_at = look["avaliado_em"] if look else None
        return StockAlerts(sorted(open_now, key=_urgency)[:MOST_OPEN], last, looked_at)


def _alert(document: dict[str, Any]) -> AlertaEstoque:
    try:
        return AlertaEstoque.model_validate({**document, "id_alerta": document["_id"]})
    except ValidationError as error:
        raise PermanentError(f"mongodb: {document['_id']}: not an alert") from error


def _urgency(alert: AlertaEstoque) -> tuple[bool, datetime, str]:
    return (alert.nivel_estoque > 0, alert.esgota_em or alert.aberto_em, alert.id_produto)
