"""MongoDB's side of the live figures: absolute values by deterministic ids."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from event_contracts.live_figures import (
    ACTIVE_FROM,
    ACTIVE_TO,
    COVERAGE_ID,
    MINUTES_FROM,
    MINUTES_TO,
    REGIONS_FROM,
    REGIONS_TO,
    minute_prefix,
    regions_prefix,
)
from event_contracts.names import COLLECTION_METRICAS
from service_runtime.mongo import connect, mongo_errors
from service_runtime.mongo_bulk import write_each
from service_runtime.settings import MongoSettings
from stream_processor.figures_documents import revision

logger = logging.getLogger(__name__)

_NOTHING: Final = {"pedidos": 0, "unidades": 0, "receita": "0.00", "visualizacoes": []}
_NOBODY: Final[dict[str, list[Any]]] = {"estados": [], "segmentos": []}


class FiguresStore:
    """`metricas_tempo_real`. Raises TransientError while MongoDB is away, PermanentError where it
    refuses the whole."""

    def __init__(self, settings: MongoSettings) -> None:
        client = connect(settings, application="stream-processor")
        self._metrics = client[settings.mongo_database][COLLECTION_METRICAS]

    def upsert(self, documents: Iterable[dict[str, Any]], *, now: datetime) -> None:
        """Replace documents by their ids; writing the same ones twice changes nothing. One that
        MongoDB refuses is left out, and the log says so."""
        whole = [document | {"atualizado_em": now} for document in documents]
        for refused in write_each(self._metrics, whole):
            what = {"id": whole[refused.index]["_id"], "reason": refused.reason}
            logger.error("MongoDB refused a document", extra=what)

    def remove_before(self, minuto: datetime) -> None:
        """Remove the documents of minutes that are older."""
        with mongo_errors():
            for first, last in (
                (MINUTES_FROM, minute_prefix(minuto)),
                (REGIONS_FROM, regions_prefix(minuto)),
            ):
                self._metrics.delete_many({"_id": {"$gte": first, "$lt": last}})

    def begin(self, first_minute: int, *, now: datetime) -> None:
        """Remember from which minute on the values are whole, and set those minutes to nothing.

        They are counted anew. Readers see the change, as they would not if the documents were
        removed.
        """
        desde = datetime.fromtimestamp(first_minute, UTC)
        whole = {"_id": {"$gte": minute_prefix(desde), "$lt": MINUTES_TO}}
        regions = {"_id": {"$gte": regions_prefix(desde), "$lt": REGIONS_TO}}
        changed = {"revisao": revision(now), "atualizado_em": now}
        with mongo_errors():
            self._metrics.update_many(whole, {"$set": _NOTHING | changed})
            self._metrics.update_many(regions, {"$set": _NOBODY | {"atualizado_em": now}})
            self._metrics.delete_many({"_id": {"$gte": ACTIVE_FROM, "$lt": ACTIVE_TO}})
        self.upsert([{"_id": COVERAGE_ID, "tipo": "cobertura", "desde": desde}], now=now)
