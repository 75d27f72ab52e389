"""A warehouse's stock of a product: its model, and how bytes become one."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from event_contracts.record import (
    ISO_MOMENT,
    MAX_AHEAD,
    OLDEST,
    RecordDecoder,
    as_utc,
    elements_of,
    number_meta,
    time_problems,
)
from event_contracts.rejection import Rejeicao, out_of_range
from event_contracts.texts import text_meta, text_problems

MAX_NIVEL: Final = 2**31 - 1


class AtualizacaoEstoque(msgspec.Struct, frozen=True, kw_only=True):
    """One record of `atualizacoes_estoque`; `ultima_atualizacao` is UTC.

    Fields it does not know are ignored, so that a newer producer can add some.
    """

    id_produto: Annotated[str, text_meta("the product")]
    nivel_estoque: Annotated[int, number_meta("units in stock", 0, MAX_NIVEL)]
    ultima_atualizacao: Annotated[
        datetime,
        Meta(
            description=f"since when the stock is so; {ISO_MOMENT}; from the year {OLDEST.year} to "
            f"{MAX_AHEAD.seconds // 60} minutes ahead; of two updates the later one counts",
            examples=["2025-05-14T19:16:00Z"],
        ),
    ]
    id_armazem: Annotated[str, text_meta("where the goods are")]


MOMENTS: Final = ("ultima_atualizacao",)
_TEXTS: Final = ("id_produto", "id_armazem")
_DECODER: Final = RecordDecoder(
    AtualizacaoEstoque,
    moments=MOMENTS,
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


def decode_estoques(
    array: bytes, *, received_at: datetime, at_most: int
) -> list[AtualizacaoEstoque | list[Rejeicao]] | None:
    """The result of `decode_estoque` for each element; None if there is no JSON array.

    Raises `TooManyElementsError` if it has more than `at_most`.
    """
    raws = elements_of(array, at_most=at_most)
    return None if raws is None else [decode_estoque(raw, received_at=received_at) for raw in raws]
