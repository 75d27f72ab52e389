"""Reads one customer from MongoDB, while a request waits."""

from typing import Any, Final

from msgspec import ValidationError, convert
from pymongo import DESCENDING, AsyncMongoClient

from analytics_api.customer import Customer, LoggedEvent, Page
from event_contracts.atividade import FIELD_ATIVIDADE, Atividade
from event_contracts.names import COLLECTION_LOGS, COLLECTION_PERFIS
from service_runtime.errors import PermanentError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings

_TIMEOUT_MS: Final = 1500
"""Of each of the two queries, the wait for a connection included."""
_AT_ONCE: Final = 8
_NEWEST_FIRST: Final = [("data", DESCENDING), ("_id", DESCENDING)]
_FIELDS: Final = dict.fromkeys(("id_usuario", "particao", "offset", "gravado_em"), 0)


class CustomerSource:
    """Profiles and the log of events, by a client of its own: requests for customers take no
    connection from the refreshers."""

    def __init__(self, settings: MongoSettings) -> None:
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.mongo_url.get_secret_value(),
            **certificate_options(settings),
            tz_aware=True,
            appname="analytics-api",
            timeoutMS=_TIMEOUT_MS,
            maxPoolSize=_AT_ONCE,
        )
        self._profiles = client[settings.mongo_database][COLLECTION_PERFIS]
        self._log = client[settings.mongo_database][COLLECTION_LOGS]

    async def read(self, id_usuario: str, page: Page) -> Customer | None:
        """None if neither a profile nor an event is there.

        Raises TransientError while MongoDB does not answer in time, PermanentError if it refuses or
        a document is not as click-logger writes it.
        """
        with mongo_errors():
            profile = await self._profiles.find_one({"_id": id_usuario}, {FIELD_ATIVIDADE: 1})
            found = self._log.find(_after(id_usuario, page), _FIELDS)
            events = await found.sort(_NEWEST_FIRST).limit(page.limite + 1).to_list()
        if profile is None and not events and page.after is None:
            return None
        return _customer((profile or {}).get(FIELD_ATIVIDADE) or {}, events)


def _after(id_usuario: str, page: Page) -> Document:
    wanted: Document = {"id_usuario": id_usuario}
    if page.after is not None:
        data, identity = page.after.data, page.after.id
        wanted["data"] = {"$lte": data}
        wanted["$or"] = [{"data": {"$lt": data}}, {"_id": {"$lt": identity}}]
    return wanted


def _customer(activity: Any, events: list[Document]) -> Customer:
    try:
        return Customer(convert(activity, dict[str, Atividade]), convert(events, list[LoggedEvent]))
    except ValidationError as error:
        raise PermanentError(f"mongodb: a customer's documents: {error}") from error
