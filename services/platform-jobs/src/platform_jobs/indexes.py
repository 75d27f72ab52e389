"""The indexes that MongoDB's collections need."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from event_contracts.live_figures import KEPT
from event_contracts.names import COLLECTION_ALERTAS, COLLECTION_LOGS, COLLECTION_METRICAS
from platform_jobs.settings import Settings
from service_runtime.mongo import Document, connect, mongo_errors

ALERTS_KEPT: Final = timedelta(days=365)
"""How long an alert is kept after it was closed."""
_OPTIONS_CONFLICT: Final = 85
"""IndexOptionsConflict: the index exists with other options."""


def create_indexes(settings: Settings) -> None:
    """Create what is missing, and change how long documents are kept where it is set anew.

    An index that exists is left as it is otherwise. Raises TransientError while MongoDB is away,
    PermanentError where it refuses.
    """
    kept = timedelta(days=settings.click_log_days)
    # Without a timeout, since an index of a large collection takes its time.
    with connect(settings, application="platform-jobs", timeout=None) as client:
        database = client[settings.mongo_database]
        with mongo_errors():
            for collection, indexes in indexes_of(click_log_kept=kept).items():
                for index in indexes:
                    _ensure(database, collection, index)


def indexes_of(*, click_log_kept: timedelta) -> Mapping[str, tuple[IndexModel, ...]]:
    """The indexes of each collection; the expiring ones delete old documents."""
    return {
        COLLECTION_METRICAS: (
            # analytics-api asks for what was written since it last asked
            IndexModel([("atualizado_em", ASCENDING)], name="atualizado_em"),
            # The stream removes old minutes only while it runs. Other documents have no `minuto`.
            _expiring("minuto", after=KEPT),
        ),
        COLLECTION_LOGS: (
            # By the time of writing: the time of the event is the sender's, so an old event would
            # be removed at once, and a repeat of it would be counted again.
            _expiring("gravado_em", after=click_log_kept),
            # analytics-api asks for a customer's newest events; `_id` orders those of one moment.
            IndexModel(
                [("id_usuario", ASCENDING), ("data", DESCENDING), ("_id", DESCENDING)],
                name="id_usuario_data",
            ),
        ),
        COLLECTION_ALERTAS: (
            # Open alerts have no `fechado_em` and are kept.
            _expiring("fechado_em", after=ALERTS_KEPT),
            IndexModel([("alterado_em", ASCENDING)], name="alterado_em"),
        ),
    }


def _expiring(field: str, *, after: timedelta) -> IndexModel:
    seconds = after // timedelta(seconds=1)
    return IndexModel([(field, ASCENDING)], name=field, expireAfterSeconds=seconds)


def _ensure(database: Database[Document], collection: str, index: IndexModel) -> None:
    wanted: Mapping[str, Any] = index.document
    try:
        database[collection].create_indexes([index])
    except OperationFailure as error:
        if error.code != _OPTIONS_CONFLICT or "expireAfterSeconds" not in wanted:
            raise
        changed = {"name": wanted["name"], "expireAfterSeconds": wanted["expireAfterSeconds"]}
        database.command("collMod", collection, index=changed)
