"""The indexes that MongoDB's collections need."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pymongo import ASCENDING, IndexModel

from event_contracts.live_figures import KEPT
from event_contracts.names import COLLECTION_ALERTAS, COLLECTION_METRICAS
from platform_jobs.settings import Settings
from service_runtime.mongo import connect, mongo_errors

ALERTS_KEPT: Final = timedelta(days=365)
"""How long an alert is kept after it was closed."""

INDEXES: Final[Mapping[str, tuple[IndexModel, ...]]] = {
    COLLECTION_METRICAS: (
        # analytics-api asks for what was written since it last asked
        IndexModel([("atualizado_em", ASCENDING)], name="atualizado_em"),
        # The stream removes old minutes, and none while it rests; other documents have no `minuto`.
        IndexModel(
            [("minuto", ASCENDING)],
            name="minuto",
            expireAfterSeconds=KEPT // timedelta(seconds=1),
        ),
    ),
    COLLECTION_ALERTAS: (
        # Open alerts have no such date, and stay.
        IndexModel(
            [("fechado_em", ASCENDING)],
            name="fechado_em",
            expireAfterSeconds=ALERTS_KEPT // timedelta(seconds=1),
        ),
        IndexModel([("alterado_em", ASCENDING)], name="alterado_em"),
    ),
}


def create_indexes(settings: Settings) -> None:
    """Create what is missing; an index that exists is left as it is.

    Raises TransientError while MongoDB is away, PermanentError where it refuses.
    """
    # Without a timeout, since an index of a large collection takes its time.
    with connect(settings, application="platform-jobs", timeout=None) as client:
        database = client[settings.mongo_database]
        with mongo_errors():
            for collection, indexes in INDEXES.items():
                database[collection].create_indexes(list(indexes))
