"""`alertas_estoque`: one document per alert, with what each destination was told of it; and when
the stock was last looked at."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database

from event_contracts.live_figures import STOCK_LOOK_ID
from event_contracts.names import COLLECTION_ALERTAS, COLLECTION_METRICAS
from service_runtime.mongo import Document, mongo_errors
from stock_alerts.alerts import Alert, Motivo
from stock_alerts.notices import NOT_AFTER, Estado, Notice, due_notice

_AT_ONCE: Final = 500


class AlertStore:
    """All calls raise TransientError while MongoDB is away, PermanentError where it refuses."""

    def __init__(self, database: Database[Document]) -> None:
        self._alerts = database[COLLECTION_ALERTAS]
        self._looks = database[COLLECTION_METRICAS]

    def open_alerts(self) -> dict[str, Alert]:
        """The open alerts by product; of two for one product the one that opened first."""
        with mongo_errors():
            found = list(self._alerts.find({"fechado_em": None}).sort("aberto_em", -1))
        return {document["id_produto"]: _alert(document) for document in found}

    def save(self, alerts: Iterable[Alert]) -> None:
        """Write the alerts as they are now, and leave what was sent; twice changes nothing."""
        writes = [
            UpdateOne({"_id": alert.id_alerta}, {"$set": _fields(alert)}, upsert=True)
            for alert in alerts
        ]
        if writes:
            with mongo_errors():
                self._alerts.bulk_write(writes, ordered=False)

    def looked(self, now: datetime) -> None:
        """Write down that every alert is as the stock was at this moment."""
        with mongo_errors():
            look = {"$set": {"avaliado_em": now, "atualizado_em": now}}
            self._looks.update_one({"_id": STOCK_LOOK_ID}, look, upsert=True)

    def due(self, destination: str, now: datetime) -> list[Notice]:
        """What the destination is still to be told, the oldest first."""
        recent = {"alterado_em": {"$gte": now - NOT_AFTER}}
        with mongo_errors():
            found = list(self._alerts.find(recent).sort("alterado_em", ASCENDING))
        notices = (due_notice(_alert(d), _sent(d, destination), now) for d in found)
        return [notice for notice in notices if notice][:_AT_ONCE]

    def mark_sent(self, destination: str, notices: Sequence[Notice], now: datetime) -> None:
        """Remember that the destination has them."""
        writes = [
            UpdateOne(
                {"_id": notice.alert.id_alerta},
                {"$set": {f"avisos.{destination}.{notice.state}": now}},
            )
            for notice in notices
        ]
        with mongo_errors():
            self._alerts.bulk_write(writes, ordered=False)


def _fields(alert: Alert) -> dict[str, Any]:
    return {
        "id_produto": alert.id_produto,
        "motivo": str(alert.motivo),
        "aberto_em": alert.opened_at,
        "alterado_em": alert.changed_at,
        "fechado_em": alert.closed_at,
        "nivel_estoque": alert.units,
        "dias_cobertura": alert.days,
        "esgota_em": alert.sold_out_at,
    }


def _alert(document: Document) -> Alert:
    return Alert(
        id_produto=document["id_produto"],
        opened_at=document["aberto_em"],
        changed_at=document["alterado_em"],
        motivo=Motivo(document["motivo"]),
        units=document["nivel_estoque"],
        days=document["dias_cobertura"],
        sold_out_at=document["esgota_em"],
        closed_at=document["fechado_em"],
    )


def _sent(document: Document, destination: str) -> set[Estado]:
    return {Estado(state) for state in document.get("avisos", {}).get(destination, {})}
