"""The documents of states, segments and the funnel. See docs/metrics.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from event_contracts.live_figures import FUNNEL_ID, REGIONS_ACTIVE_ID, regions_prefix
from stream_processor.funnel_figures import Funnel
from stream_processor.region_figures import ESTADOS, SEGMENTOS, Key, RegionMinute, Totals


def regions_document(second: int, figures: RegionMinute) -> dict[str, Any]:
    """The absolute values of the minute that begins at a Unix second."""
    minuto = datetime.fromtimestamp(second, UTC)
    return {
        "_id": regions_prefix(minuto),
        "tipo": "regioes",
        "minuto": minuto,
        "estados": _rows(ESTADOS, figures.estados),
        "segmentos": _rows(SEGMENTOS, figures.segmentos),
    }


def active_regions_document(
    estados: Mapping[Key, int], segmentos: Mapping[Key, int], *, waiting: int, now: datetime
) -> dict[str, Any]:
    """Customers active at this moment, and how many are left out until their profile is read."""
    return {
        "_id": REGIONS_ACTIVE_ID,
        "tipo": "regioes_ativos",
        "contado_em": now,
        "estados": _numbers(ESTADOS, estados),
        "segmentos": _numbers(SEGMENTOS, segmentos),
        "aguardando": waiting,
    }


def funnel_document(funnel: Funnel, *, since: int, now: datetime) -> dict[str, Any]:
    """The funnel of the events since a Unix second."""
    return {
        "_id": FUNNEL_ID,
        "tipo": "funil",
        "contado_em": now,
        "desde": datetime.fromtimestamp(since, UTC),
        "clicaram": funnel.clicaram,
        "adicionaram": funnel.adicionaram,
        "compraram": funnel.compraram,
        "carrinhos_abandonados": {
            "carrinhos": funnel.carrinhos,
            "clientes": funnel.clientes,
            "com_preco": funnel.com_preco,
            "valor": f"{funnel.valor:.2f}",
        },
    }


def _rows(names: tuple[str, ...], found: Mapping[Key, Totals]) -> list[dict[str, Any]]:
    return [
        dict(zip(names, key, strict=True))
        | {
            "pedidos": totals.pedidos,
            "unidades": totals.unidades,
            "receita": f"{totals.receita:.2f}",
            "visualizacoes": totals.visualizacoes,
        }
        for key, totals in sorted(found.items())
    ]


def _numbers(names: tuple[str, ...], found: Mapping[Key, int]) -> list[dict[str, Any]]:
    return [dict(zip(names, key, strict=True)) | {"n": n} for key, n in sorted(found.items())]
