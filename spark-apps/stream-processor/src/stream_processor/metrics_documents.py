"""The documents of `metricas_tempo_real`. See docs/metrics.md."""

from collections.abc import Mapping
from typing import Any

from event_contracts.live_figures import ACTIVE_FROM, minute_prefix
from stream_processor.metrics import MinuteFigures, MinuteKey, as_moment


def minute_document(key: MinuteKey, figures: MinuteFigures) -> dict[str, Any]:
    """The absolute values of a minute, as far as it was read in one window."""
    minuto, janela = as_moment(key.minuto), as_moment(key.janela // 1000)
    return {
        "_id": f"{minute_prefix(minuto)}/{janela:%Y-%m-%dT%H:%M:%SZ}",
        "tipo": "minuto",
        "minuto": minuto,
        "janela": janela,
        "revisao": figures.revisao,
        "pedidos": figures.pedidos,
        "unidades": figures.unidades,
        "receita": f"{figures.receita:.2f}",
        "visualizacoes": [
            {"id_produto": product, "n": n} for product, n in sorted(figures.visualizacoes.items())
        ],
    }


def active_document(per_second: Mapping[int, int]) -> dict[str, Any]:
    """How many customers were last active in each second."""
    return {
        "_id": f"{ACTIVE_FROM}todos",
        "tipo": "ativos",
        "usuarios": [{"desde": as_moment(second), "n": n} for second, n in per_second.items()],
    }
