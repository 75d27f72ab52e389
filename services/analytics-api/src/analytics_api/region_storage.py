"""Reads the documents of states, segments and the funnel in `metricas_tempo_real`."""

from datetime import datetime

from msgspec import ValidationError, convert
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from analytics_api.live_storage import OVERLAP
from analytics_api.region_window import RegionDocument
from event_contracts.live_figures import FUNNEL_ID, REGIONS_TO, WINDOW, regions_prefix
from event_contracts.names import COLLECTION_METRICAS
from service_runtime.errors import PermanentError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.settings import MongoSettings


class RegionSource:
    """The documents of the last hour."""

    def __init__(self, client: AsyncMongoClient[Document], settings: MongoSettings) -> None:
        self._documents: AsyncCollection[Document] = client[settings.mongo_database][
            COLLECTION_METRICAS
        ]

    async def read(self, now: datetime, *, since: datetime | None) -> list[RegionDocument]:
        """The documents written from `since` on, or the whole window if that is None.

        Raises TransientError while the store is away, PermanentError if a document is not as the
        stream writes it or the store refuses the query.
        """
        regions = {"_id": {"$gte": regions_prefix(now - WINDOW), "$lt": REGIONS_TO}}
        wanted: Document = {"$or": [regions, {"_id": FUNNEL_ID}]}
        if since is not None:
            wanted["atualizado_em"] = {"$gte": since - OVERLAP}
        with mongo_errors():
            return [_read(document) async for document in self._documents.find(wanted)]


def _read(document: Document) -> RegionDocument:
    try:
        read: RegionDocument = convert({**document, "id": document["_id"]}, RegionDocument)
    except ValidationError as error:
        raise PermanentError(f"mongodb: {document['_id']}: {error}") from error
    return read
