"""The documents of the live figures in a real server of MongoDB's protocol."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pymongo.collection import Collection
from tests.support.platform import mongo_url, shared_platform

from event_contracts.live_figures import KEPT, MINUTE
from event_contracts.names import COLLECTION_METRICAS
from service_runtime.mongo import connect
from service_runtime.settings import MongoSettings
from stream_processor.figures_documents import active_document, minute_document
from stream_processor.figures_store import FiguresStore
from stream_processor.live_figures import MinuteFigures
from stream_processor.region_documents import regions_document
from stream_processor.region_figures import RegionMinute, Totals
from vitrine_local.platform import LocalPlatform

NOON = datetime(2025, 5, 14, 12, tzinfo=UTC)

platform = shared_platform("mongo")


@pytest.fixture
def settings(platform: LocalPlatform, request: pytest.FixtureRequest) -> MongoSettings:
    return MongoSettings(mongo_url=mongo_url(platform), mongo_database=request.node.name[:60])


def minute(moment: datetime, milliseconds: int) -> dict[str, Any]:
    second = int(moment.timestamp())
    figures = MinuteFigures(2, 3, Decimal("9.90"), [("p1", 5)])
    return minute_document(second, figures, now=datetime.fromtimestamp(milliseconds / 1000, UTC))


def states(moment: datetime) -> dict[str, Any]:
    totals = Totals(2, 3, Decimal("9.90"), 5)
    minute = RegionMinute({("SP", "Sudeste"): totals}, {("fiel",): totals})
    return regions_document(int(moment.timestamp()), minute)


def documents(settings: MongoSettings, tipo: str = "minuto") -> dict[datetime, dict[str, Any]]:
    with connect(settings, application="tests") as client:
        found: Collection[dict[str, Any]] = client[settings.mongo_database][COLLECTION_METRICAS]
        return {d["minuto"]: d for d in found.find() if d["tipo"] == tipo}


def test_minutes_that_are_counted_anew_are_nothing_by_a_greater_revision(
    settings: MongoSettings,
) -> None:
    store = FiguresStore(settings)
    store.upsert([minute(NOON, 5), minute(NOON + MINUTE, 7), active_document({})], now=NOON)
    store.upsert([states(NOON), states(NOON + MINUTE)], now=NOON)
    later = NOON + timedelta(minutes=5)
    store.begin(int((NOON + MINUTE).timestamp()), now=later)
    found = documents(settings)
    assert (found[NOON]["pedidos"], found[NOON]["revisao"]) == (2, 5)
    anew = found[NOON + MINUTE]
    assert (anew["pedidos"], anew["receita"], anew["visualizacoes"]) == (0, "0.00", [])
    assert anew["revisao"] == int(later.timestamp() * 1000)
    regions = documents(settings, "regioes")
    assert (len(regions[NOON]["estados"]), regions[NOON]["atualizado_em"]) == (1, NOON)
    anew = regions[NOON + MINUTE]
    assert (anew["estados"], anew["segmentos"], anew["atualizado_em"]) == ([], [], later)


def test_old_minutes_are_removed(settings: MongoSettings) -> None:
    store = FiguresStore(settings)
    for moment in (NOON - KEPT - MINUTE, NOON - KEPT):
        store.upsert([minute(moment, 1), states(moment)], now=NOON)
    store.remove_before(NOON - KEPT)
    assert set(documents(settings)) == set(documents(settings, "regioes")) == {NOON - KEPT}
