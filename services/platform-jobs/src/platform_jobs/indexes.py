"""The indexes that MongoDB's collections need."""

from collections.abc import Mapping
from typing import Any, Final

from pymongo import ASCENDING, IndexModel, MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError

from event_contracts.names import COLLECTION_METRICAS
from platform_jobs.settings import Settings
from service_runtime.errors import PermanentError, TransientError

_TIMEOUT_MS: Final = 5000

INDEXES: Final[Mapping[str, tuple[IndexModel, ...]]] = {
    # analytics-api asks for what was written since it last asked
    COLLECTION_METRICAS: (IndexModel([("atualizado_em", ASCENDING)], name="atualizado_em"),),
}


def create_indexes(settings: Settings) -> None:
    """Create what is missing; an index that exists is left as it is.

    Raises TransientError while MongoDB is away, PermanentError where it refuses.
    """
    url = settings.mongo_url.get_secret_value()
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=_TIMEOUT_MS)
    with client:
        database = client[settings.mongo_database]
        try:
            for collection, indexes in INDEXES.items():
                database[collection].create_indexes(list(indexes))
        except ConnectionFailure as error:
            raise TransientError(f"mongodb: {error}") from error
        except PyMongoError as error:
            raise PermanentError(f"mongodb: {error}") from error
