"""The figures per state and segment of the last 60 minutes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.support.analytics import NOW, region_documents

from analytics_api.region_models import VendasDoEstado
from analytics_api.region_window import RegionsDocument, RegionWindow, StateSums
from event_contracts.live_figures import ACTIVE_FOR, MINUTE

LAST = NOW.replace(second=0)


def minute(ago: int, *states: StateSums) -> RegionsDocument:
    moment = LAST - ago * MINUTE
    return RegionsDocument(f"regioes/{moment:%FT%TZ}", moment, list(states), [], NOW)


def state(name: str, units: int, price: str = "1.00") -> StateSums:
    receita = Decimal(price) * units
    return StateSums(
        estado=name, regiao="r", pedidos=1, unidades=units, receita=receita, visualizacoes=2
    )


def states(window: RegionWindow, ago: int = 0) -> list[VendasDoEstado]:
    return window.regions(NOW + ago * MINUTE, []).estados


def test_minutes_add_up_highest_revenue_first() -> None:
    window = RegionWindow()
    window.merge([minute(0, state("BA", 1), state("SP", 1)), minute(59, state("SP", 3))], now=NOW)
    assert [(s.estado, s.pedidos, s.unidades, s.receita) for s in states(window)] == [
        ("SP", 2, 4, Decimal("4.00")),
        ("BA", 1, 1, Decimal("1.00")),
    ]


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param(60, [], id="has left the window"),
        pytest.param(59, ["SP"], id="the oldest"),
        pytest.param(0, ["SP"], id="this one"),
        pytest.param(-1, [], id="not yet"),
    ],
)
def test_which_minutes_are_in_the_window(ago: int, expected: list[str]) -> None:
    window = RegionWindow()
    window.merge([minute(ago, state("SP", 1))], now=NOW)
    assert [s.estado for s in states(window)] == expected


def test_the_window_moves_with_time_and_its_version_too() -> None:
    window = RegionWindow()
    window.merge([minute(59, state("SP", 1)), minute(-1, state("BA", 1))], now=NOW)
    assert [s.estado for s in states(window, 1)] == ["BA"]
    assert window.version_at(NOW) != window.version_at(NOW + MINUTE)


def test_a_newer_document_replaces_an_older_one() -> None:
    window = RegionWindow()
    first = minute(0, state("SP", 9))
    window.merge([first], now=NOW)
    window.merge([first], now=NOW)
    assert window.version == 1
    later = NOW + timedelta(seconds=1)
    window.merge([replace(first, estados=[state("SP", 1)], atualizado_em=later)], now=NOW)
    assert (window.version, window.newest) == (2, later)
    assert [s.unidades for s in states(window)] == [1]


def test_nobody_is_active_once_the_stream_has_not_counted_for_long() -> None:
    window = RegionWindow()
    window.merge(region_documents(LAST), now=NOW)
    for age, expected in ((ACTIVE_FOR - timedelta(seconds=1), 3), (ACTIVE_FOR, 0)):
        found = window.regions(NOW + age, [])
        assert found.estados[0].usuarios_ativos == found.segmentos[0].usuarios_ativos == expected


def test_before_the_stream_wrote_anything_all_is_nothing() -> None:
    window = RegionWindow()
    assert window.regions(NOW, ["mongodb"]).model_dump(mode="json") == {
        "estados": [],
        "segmentos": [],
        "aguardando": 0,
        "atualizado_em": None,
        "degradado": ["mongodb"],
    }
    empty = window.funnel([])
    assert (empty.desde, empty.clicaram, empty.carrinhos_abandonados.valor) == (None, 0, 0)
