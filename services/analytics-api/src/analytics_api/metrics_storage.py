"""Reads `metricas_tempo_real`: all of the window now and then, in between only what changed."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import ValidationError, convert
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from analytics_api.live_metrics import ActiveDocument, MinuteDocument
from event_contracts.live_figures import (
    ACTIVE_FROM,
    ACTIVE_TO,
    MINUTES_TO,
    WINDOW,
    minute_prefix,
)
from event_contracts.names import COLLECTION_METRICAS
from service_runtime.errors import PermanentError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings

OVERLAP: Final = timedelta(seconds=5)
"""A document may become visible this long after the moment it says it was written at."""
_TIMEOUT_MS: Final = 2000

Metrics = list[MinuteDocument | ActiveDocument]


def connect(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """A client that gives up on a server after two seconds, since it asks again soon anyway."""
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


class MetricsSource:
    """The documents of the last hour."""

    def __init__(self, client: AsyncMongoClient[Document], settings: MongoSettings) -> None:
        self._documents: AsyncCollection[Document] = client[settings.mongo_database][
            COLLECTION_METRICAS
        ]

    async def read(self, now: datetime, *, since: datetime | None) -> Metrics:
        """What was written from `since` on, or the whole window where that is None.

        Raises TransientError while the store is away, PermanentError where a document is not
        what the stream writes or the store refuses the question.
        """
        minutes: Document = {"_id": {"$gte": minute_prefix(now - WINDOW), "$lt": MINUTES_TO}}
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
