"""The job that closes minutes: what the live figures said of them goes into the warehouse."""

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Final

from pymongo.collection import Collection

from event_contracts.live_figures import (
    ACTIVE_FROM,
    ACTIVE_TO,
    COVERAGE_ID,
    MINUTES_TO,
    minute_prefix,
)
from event_contracts.names import COLLECTION_METRICAS
from platform_jobs.final_minutes import (
    MinuteTotals,
    Progress,
    final_minutes,
    first_kept,
    totals_of,
)
from platform_jobs.settings import Settings
from service_runtime.mongo import Document, connect, mongo_errors
from warehouse.connection import Warehouse
from warehouse.insertion import insert
from warehouse.money import bounded
from warehouse.tables import METRICAS_MINUTO

logger = logging.getLogger(__name__)

_CLOSED: Final = "SELECT minuto FROM metricas_minuto WHERE minuto >= %s"


def close_minutes(settings: Settings) -> None:
    """Write the minutes that can change no more to `metricas_minuto`, each once.

    Run again, late or twice at once, it changes nothing that is there. Raises TransientError while
    MongoDB or the warehouse is away.
    """
    now = datetime.now(UTC)
    final = [minute for minute in _read(settings, now) if _fits(minute)]
    written = _write(settings, final, now=now) if final else 0
    last = f"{final[-1].minuto:%Y-%m-%dT%H:%MZ}" if final else None
    logger.info("minutes closed", extra={"minutes": written, "last": last})


def _read(settings: Settings, now: datetime) -> list[MinuteTotals]:
    with connect(settings, application="platform-jobs") as client, mongo_errors():
        documents = client[settings.mongo_database][COLLECTION_METRICAS]
        # First of all: what is read after it is no older.
        progress = _progress(documents)
        minutes = {"_id": {"$gte": minute_prefix(first_kept(now)), "$lt": MINUTES_TO}}
        known = {found.minuto: found for found in map(totals_of, documents.find(minutes))}
    return list(final_minutes(known, progress, now=now))


def _progress(documents: Collection[Document]) -> Progress:
    active = documents.find({"_id": {"$gte": ACTIVE_FROM, "$lt": ACTIVE_TO}})
    advanced_to = max((document["atualizado_em"] for document in active), default=None)
    coverage = documents.find_one({"_id": COVERAGE_ID})
    return Progress(advanced_to, coverage["desde"] if coverage else None)


def _fits(minute: MinuteTotals) -> bool:
    fits = minute.receita == bounded(minute.receita)
    if not fits:
        logger.error("revenue of a minute is too much", extra={"minuto": str(minute.minuto)})
    return fits


def _write(settings: Settings, final: Sequence[MinuteTotals], *, now: datetime) -> int:
    """Returns how many were not there yet."""
    with (
        closing(Warehouse(settings, application="platform-jobs")) as warehouse,
        warehouse.transaction() as transaction,
    ):
        transaction.execute("LOCK TABLE metricas_minuto")
        closed = {row[0] for row in transaction.rows(_CLOSED, (_naive(final[0].minuto),))}
        new = [minute for minute in final if _naive(minute.minuto) not in closed]
        insert(transaction, METRICAS_MINUTO, ((*astuple(minute), now) for minute in new))
    return len(new)


def _naive(moment: datetime) -> datetime:
    """The moment for a TIMESTAMP column, which holds UTC without a time zone."""
    return moment.replace(tzinfo=None)
