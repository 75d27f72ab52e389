"""Reads `metricas_tempo_real`: the whole window at times, and what changed in between."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import ValidationError, convert
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from analytics_api.live_window import ActiveDocument, MinuteDocument
from event_contracts.live_figures import (
    ACTIVE_FROM,
    ACTIVE_TO,
    MINUTES_TO,
    SHOWN,
    minute_prefix,
)
from event_contracts.names import COLLECTION_METRICAS
from service_runtime.errors import PermanentError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings

OVERLAP: Final = timedelta(seconds=5)
"""A document may become visible this long after the time that it says it was written."""
_TIMEOUT_MS: Final = 2000

Documents = list[MinuteDocument | ActiveDocument]


def connect(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """A client whose calls fail after two seconds without an answer; it asks again soon anyway."""
    return AsyncMongoClient(
        settings.mongo_url.get_secret_value(),
        **certificate_options(settings),
        tz_aware=True,
        appname="analytics-api",
        serverSelectionTimeoutMS=_TIMEOUT_MS,
        connectTimeoutMS=_TIMEOUT_MS,
        socketTimeoutMS=2 * _TIMEOUT_MS,
        maxPoolSize=2,
    )


class LiveSource:
    """The documents of the last two hours."""

    def __init__(self, client: AsyncMongoClient[Document], settings: MongoSettings) -> None:
        self._documents: AsyncCollection[Document] = client[settings.mongo_database][
            COLLECTION_METRICAS
        ]

    async def read(self, now: datetime, *, since: datetime | None) -> Documents:
        """The documents written from `since` on, or the whole window and the hour before it if that
        is None.

        Raises TransientError while the store is away, PermanentError if a document is not as the
        stream writes it or the store refuses the query.
        """
        minutes: Document = {"_id": {"$gte": minute_prefix(now - SHOWN), "$lt": MINUTES_TO}}
        active: Document = {"_id": {"$gte": ACTIVE_FROM, "$lt": ACTIVE_TO}}
        if since is not None:
            minutes["atualizado_em"] = active["atualizado_em"] = {"$gte": since - OVERLAP}
        with mongo_errors():
            return [
                *[_minute(d) async for d in self._documents.find(minutes)],
                *[_active(d) async for d in self._documents.find(active)],
            ]


def _minute(document: Document) -> MinuteDocument:
    try:
        return convert({**document, "id": document["_id"]}, MinuteDocument)
    except ValidationError as error:
        raise PermanentError(f"mongodb: {document['_id']}: {error}") from error


def _active(document: Document) -> ActiveDocument:
    try:
        return convert({**document, "id": document["_id"]}, ActiveDocument)
    except ValidationError as error:
        raise PermanentError(f"mongodb: {document['_id']}: {error}") from error
