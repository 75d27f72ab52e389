"""The documents of states, segments and the funnel."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import bson

from event_contracts.live_figures import (
    MINUTE,
    REGIONS_ACTIVE_ID,
    REGIONS_FROM,
    REGIONS_TO,
    regions_prefix,
)
from stream_processor.funnel_figures import Funnel
from stream_processor.region_documents import (
    active_regions_document,
    funnel_document,
    regions_document,
)
from stream_processor.region_figures import MOST_NAMED, Key, RegionMinute, Totals

NOON = datetime(2025, 5, 14, 12, tzinfo=UTC)
SECOND = int(NOON.timestamp())


def test_a_minute() -> None:
    figures = RegionMinute(
        {("SP", "Sudeste"): Totals(2, -3, Decimal("-19.90"), 4)}, {("fiel",): Totals()}
    )
    assert regions_document(SECOND, figures) == {
        "_id": "regioes/2025-05-14T12:00:00Z",
        "tipo": "regioes",
        "minuto": NOON,
        "estados": [
            {
                "estado": "SP",
                "regiao": "Sudeste",
                "pedidos": 2,
                "unidades": -3,
                "receita": "-19.90",
                "visualizacoes": 4,
            }
        ],
        "segmentos": [
            {
                "segmento": "fiel",
                "pedidos": 0,
                "unidades": 0,
                "receita": "0.00",
                "visualizacoes": 0,
            }
        ],
    }


def test_ids_of_minutes_sort_by_time_and_before_who_is_active() -> None:
    document = regions_document(SECOND, RegionMinute({}, {}))
    following = regions_prefix(NOON + MINUTE)
    assert REGIONS_FROM < document["_id"] < following < REGIONS_ACTIVE_ID < REGIONS_TO


def test_the_largest_minute_fits_a_document() -> None:
    largest = Totals(10**12, 10**15, Decimal(10) ** 25, 10**12)
    names = [f"{n:04d}".ljust(64, "🦜") for n in range(MOST_NAMED + 1)]
    states: dict[Key, Totals] = {(name, name): largest for name in names}
    segments: dict[Key, Totals] = {(name,): largest for name in names}
    document = regions_document(SECOND, RegionMinute(states, segments))
    assert len(bson.encode(document)) < 512 * 1024


def test_who_is_active() -> None:
    found = active_regions_document({("SP", "Sudeste"): 3}, {("fiel",): 3}, waiting=2, now=NOON)
    assert found == {
        "_id": "regioes/ativos",
        "tipo": "regioes_ativos",
        "contado_em": NOON,
        "estados": [{"estado": "SP", "regiao": "Sudeste", "n": 3}],
        "segmentos": [{"segmento": "fiel", "n": 3}],
        "aguardando": 2,
    }


def test_the_funnel() -> None:
    funnel = Funnel(9, 5, 2, 3, 2, 1, Decimal("19.9"))
    assert funnel_document(funnel, since=SECOND - 60, now=NOON) == {
        "_id": "funil/todos",
        "tipo": "funil",
        "contado_em": NOON,
        "desde": NOON - timedelta(minutes=1),
        "clicaram": 9,
        "adicionaram": 5,
        "compraram": 2,
        "carrinhos_abandonados": {
            "carrinhos": 3,
            "clientes": 2,
            "com_preco": 1,
            "valor": "19.90",
        },
    }
