"""Broken events: each is wrong in exactly one way; together they cover every reason of refusal."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from event_contracts.record import MAX_RECORD_BYTES
from event_contracts.rejection import Motivo

Break = Callable[[dict[str, Any], datetime], bytes]


def _changed(**fields: Any) -> Break:
    return lambda good, _now: json.dumps(good | fields).encode()


def _without(name: str) -> Break:
    return lambda good, _now: json.dumps({k: v for k, v in good.items() if k != name}).encode()


def _dated_ahead(good: dict[str, Any], now: datetime) -> bytes:
    return json.dumps(good | {"timestamp": (now + timedelta(days=1)).isoformat()}).encode()


_WAYS: Final[tuple[tuple[Motivo, Break], ...]] = (
    (Motivo.VAZIO, lambda _good, _now: b""),
    (Motivo.GRANDE_DEMAIS, _changed(observacao="x" * MAX_RECORD_BYTES)),
    (Motivo.NAO_UTF8, lambda good, _now: json.dumps(good).encode()[:-1] + b', "nota": "\xff"}'),
    (Motivo.NAO_JSON, lambda good, _now: json.dumps(good).encode()[:-1]),
    (Motivo.NAO_OBJETO, lambda good, _now: json.dumps(good["id_produto"]).encode()),
    (Motivo.CAMPO_AUSENTE, _without("id_usuario")),
    (Motivo.CAMPO_AUSENTE, _without("timestamp")),
    (Motivo.CAMPO_AUSENTE, _changed(tipo_evento="compra")),
    (Motivo.TIPO_ERRADO, _changed(id_produto=456)),
    (Motivo.TIPO_ERRADO, _changed(timestamp="ontem")),
    (Motivo.TIPO_EVENTO_DESCONHECIDO, _changed(tipo_evento="visita")),
    (Motivo.FORA_DA_FAIXA, _changed(id_usuario="")),
    (Motivo.FORA_DA_FAIXA, _changed(quantidade=0)),
    (Motivo.FORA_DA_FAIXA, _changed(preco=-1)),
    (Motivo.IDENTIFICADOR_NULO, _changed(id_usuario="undefined")),
    (Motivo.IDENTIFICADOR_NULO, _changed(id_evento=str(UUID(int=0)))),
    (Motivo.DATA_FUTURA, _dated_ahead),
)


def broken_event(
    rng: random.Random, good: dict[str, Any], *, now: datetime
) -> tuple[Motivo, bytes]:
    """The reason that must be found, and a good click that is broken in that way."""
    motivo, break_event = rng.choice(_WAYS)
    return motivo, break_event(good, now)
