"""A warehouse's stock of a product: its model, and how bytes become one."""

from datetime import datetime
from typing import Final

import msgspec

from event_contracts.record import RecordDecoder, as_utc, time_problems
from event_contracts.rejection import Rejeicao, out_of_range
from event_contracts.texts import text_problems

MAX_NIVEL: Final = 2**31 - 1


class AtualizacaoEstoque(msgspec.Struct, frozen=True, kw_only=True):
    """One record of `atualizacoes_estoque`; `ultima_atualizacao` is UTC.

    Fields it does not know are ignored, so that a newer producer can add some.
    """

    id_produto: str
    nivel_estoque: int
    ultima_atualizacao: datetime
    id_armazem: str


_TEXTS: Final = ("id_produto", "id_armazem")
_DECODER: Final = RecordDecoder(
    AtualizacaoEstoque,
    moments=("ultima_atualizacao",),
    expected={
        "nivel_estoque": "an integer",
        "ultima_atualizacao": "an ISO 8601 date and time",
    },
)
_encode: Final = msgspec.json.Encoder().encode


def decode_estoque(
    raw: bytes | None, *, received_at: datetime
) -> AtualizacaoEstoque | list[Rejeicao]:
    """The update in `raw`, or every reason why there is none, as `decode_evento` does."""
    update = _DECODER.read(raw)
    return update if isinstance(update, list) else check_estoque(update, received_at=received_at)


def encode_estoque(update: AtualizacaoEstoque) -> bytes:
    """The record of an update, as `decode_estoque` reads it."""
    return _encode(update)


def check_estoque(
    update: AtualizacaoEstoque, *, received_at: datetime
) -> AtualizacaoEstoque | list[Rejeicao]:
    """The update with its moment in UTC, or every reason why it is refused."""
    instant = as_utc(update.ultima_atualizacao)
    problems = [
        *text_problems(_TEXTS, (update.id_produto, update.id_armazem)),
        *_level_problems(update.nivel_estoque),
        *time_problems("ultima_atualizacao", instant, received_at),
    ]
    if problems or instant is None:
        return problems
    return msgspec.structs.replace(update, ultima_atualizacao=instant)


def _level_problems(level: int) -> list[Rejeicao]:
    if 0 <= level <= MAX_NIVEL:
        return []
    return [out_of_range("nivel_estoque", f"expected 0 to {MAX_NIVEL}")]
