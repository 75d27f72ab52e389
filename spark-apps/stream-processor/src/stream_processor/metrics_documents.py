"""The documents of `metricas_tempo_real`, from the state they show. See docs/metrics.md."""

from typing import Any

from stream_processor.metrics import ActivityState, MinuteState, as_moment


def document_of(partition: int, minute: int, state: MinuteState | ActivityState) -> dict[str, Any]:
    """The document with absolute values; its moments are Unix seconds until `ready` is called."""
    if isinstance(state, ActivityState):
        return {
            "_id": f"ativos/{partition}",
            "tipo": "ativos",
            "particao": partition,
            "usuarios": [{"desde": s, "n": n} for s, n in sorted(state.buckets().items())],
        }
    return {
        "_id": minute_id(partition, minute),
        "tipo": "minuto",
        "minuto": minute,
        "particao": partition,
        "pedidos": len(state.pedidos),
        "unidades": state.unidades,
        "receita": f"{state.centavos // 100}.{state.centavos % 100:02d}",
        "visualizacoes": [
            {"id_produto": product, "n": n} for product, n in sorted(state.visualizacoes.items())
        ],
    }


def minute_id(partition: int, minute: int) -> str:
    """Ids of minutes sort by time."""
    return f"minuto/{as_moment(minute):%Y-%m-%dT%H:%M:%SZ}/{partition}"


def ready(document: dict[str, Any]) -> dict[str, Any]:
    """The document as MongoDB takes it, with real dates."""
    if document["tipo"] == "minuto":
        return document | {"minuto": as_moment(document["minuto"])}
    users = [bucket | {"desde": as_moment(bucket["desde"])} for bucket in document["usuarios"]]
    return document | {"usuarios": users}
