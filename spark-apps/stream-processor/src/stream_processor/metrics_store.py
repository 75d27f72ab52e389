"""MongoDB's side of the live metrics: absolute values by deterministic ids."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import MongoClient, ReplaceOne
from pymongo.errors import PyMongoError

from event_contracts.names import COLLECTION_METRICAS
from service_runtime.errors import TransientError
from service_runtime.settings import MongoSettings

_COVERAGE_ID: Final = "cobertura"


class MetricsStore:
    """`metricas_tempo_real`. Raises TransientError while MongoDB is away."""

    def __init__(self, settings: MongoSettings) -> None:
        client: MongoClient[dict[str, Any]] = MongoClient(
            settings.mongo_url.get_secret_value(), serverSelectionTimeoutMS=5000, timeoutMS=10000
        )
        self._metrics = client[settings.mongo_database][COLLECTION_METRICAS]

    def upsert(self, documents: Iterable[dict[str, Any]], *, now: datetime) -> None:
        """Replace documents by their ids; writing the same ones twice changes nothing."""
        writes = [
            ReplaceOne({"_id": d["_id"]}, d | {"atualizado_em": now}, upsert=True)
            for d in documents
        ]
        try:
            if writes:
                self._metrics.bulk_write(writes, ordered=False)
        except PyMongoError as error:
            raise TransientError(f"mongodb: {error}") from error

    def first_minute(self) -> int:
        """Unix seconds of the first minute that the query has seen whole; 0 for all of them."""
        try:
            found = self._metrics.find_one({"_id": _COVERAGE_ID})
        except PyMongoError as error:
            raise TransientError(f"mongodb: {error}") from error
        return int(found["desde"].replace(tzinfo=UTC).timestamp()) if found else 0

    def begin(self, first_minute: int) -> None:
        """Remember from which minute on the values are whole."""
        desde = datetime.fromtimestamp(first_minute, UTC)
        document = {"_id": _COVERAGE_ID, "tipo": "cobertura", "desde": desde}
        self.upsert([document], now=datetime.now(UTC))
