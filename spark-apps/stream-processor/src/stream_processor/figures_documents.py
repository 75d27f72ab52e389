"""The documents of `metricas_tempo_real`. See docs/metrics.md."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from event_contracts.live_figures import ACTIVE_FROM, minute_prefix
from stream_processor.live_figures import MinuteFigures


def minute_document(second: int, figures: MinuteFigures, *, now: datetime) -> dict[str, Any]:
    """The absolute values of the minute that begins at a Unix second."""
    minuto = _moment(second)
    return {
        "_id": minute_prefix(minuto),
        "tipo": "minuto",
        "minuto": minuto,
        "revisao": revision(now),
        "pedidos": figures.pedidos,
        "unidades": figures.unidades,
        "receita": f"{figures.receita:.2f}",
        "visualizacoes": [{"id_produto": product, "n": n} for product, n in figures.visualizacoes],
    }


def revision(now: datetime) -> int:
    """What grows each time that a minute's document is written: Unix milliseconds."""
    return int(now.timestamp() * 1000)


def active_document(per_second: Mapping[int, int]) -> dict[str, Any]:
    """How many customers were last active in each second."""
    return {
        "_id": f"{ACTIVE_FROM}todos",
        "tipo": "ativos",
        "usuarios": [{"desde": _moment(second), "n": n} for second, n in per_second.items()],
    }


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
