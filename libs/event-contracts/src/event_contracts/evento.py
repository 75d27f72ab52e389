"""A customer's event: its model, how bytes become one, and what is wrong when they do not."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from event_contracts.record import RecordDecoder, as_utc, out_of_range, text_problems, time_problems
from event_contracts.rejection import Motivo, Rejeicao

MAX_QUANTIDADE: Final = 1_000_000
MAX_PRECO: Final = Decimal("99999999.99")


class TipoEvento(StrEnum):
    """What a customer did; a `devolucao` or `cancelamento` takes back a `compra` or part of it."""

    CLIQUE = "clique"
    ADICAO_CARRINHO = "adicao_carrinho"
    COMPRA = "compra"
    DEVOLUCAO = "devolucao"
    CANCELAMENTO = "cancelamento"


TAKES_BACK: Final = frozenset({TipoEvento.DEVOLUCAO, TipoEvento.CANCELAMENTO})
OF_A_SALE: Final = TAKES_BACK | {TipoEvento.COMPRA}
"""The types that need the SALE_FIELDS."""
SALE_FIELDS: Final = ("id_pedido", "quantidade", "preco")


class Evento(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of `eventos_clientes`; `timestamp` is UTC and `preco` the unit price in BRL.

    Fields it does not know are ignored, so that a newer producer can add some.
    """

    id_usuario: str
    tipo_evento: TipoEvento
    id_produto: str
    timestamp: datetime
    id_evento: UUID | None = None
    id_pedido: str | None = None
    quantidade: int | None = None
    preco: Decimal | None = None
    id_sessao: str | None = None
    versao: int | None = None


_TEXTS: Final = ("id_usuario", "id_produto", "id_pedido", "id_sessao")
_DECODER: Final = RecordDecoder(
    Evento,
    moment="timestamp",
    expected={
        "tipo_evento": "one of " + ", ".join(TipoEvento),
        "timestamp": "an ISO 8601 date and time",
        "id_evento": "a UUID",
        "quantidade": "an integer",
        "preco": "a number",
        "versao": "an integer",
    },
    unknown={"tipo_evento": Motivo.TIPO_EVENTO_DESCONHECIDO},
)


def decode_evento(raw: bytes | None, *, received_at: datetime) -> Evento | list[Rejeicao]:
    """The event in `raw`, or every reason why there is none (never an empty list).

    A pure function of the record: `received_at` is Kafka's own timestamp of it (or the moment
    of an HTTP request), so that a replay decides alike. A `timestamp` without an offset is UTC.
    """
    evento = _DECODER.read(raw)
    return evento if isinstance(evento, list) else _checked(evento, received_at)


def _checked(evento: Evento, received_at: datetime) -> Evento | list[Rejeicao]:
    instant = as_utc(evento.timestamp)
    texts = (evento.id_usuario, evento.id_produto, evento.id_pedido, evento.id_sessao)
    problems = [
        *text_problems(_TEXTS, texts),
        *_sale_problems(evento),
        *_number_problems(evento),
        *time_problems("timestamp", instant, received_at),
    ]
    if problems or instant is None:
        return problems
    if instant is evento.timestamp:
        return evento
    return msgspec.structs.replace(evento, timestamp=instant)


def _sale_problems(evento: Evento) -> list[Rejeicao]:
    if evento.tipo_evento not in OF_A_SALE:
        return []
    values = (evento.id_pedido, evento.quantidade, evento.preco)
    return [
        Rejeicao(Motivo.CAMPO_AUSENTE, name, f"required for a {evento.tipo_evento}")
        for name, value in zip(SALE_FIELDS, values, strict=True)
        if value is None
    ]


def _number_problems(evento: Evento) -> list[Rejeicao]:
    problems = []
    if evento.quantidade is not None and not 1 <= evento.quantidade <= MAX_QUANTIDADE:
        problems.append(out_of_range("quantidade", f"expected 1 to {MAX_QUANTIDADE}"))
    if evento.preco is not None and not is_price(evento.preco):
        detail = f"expected 0 to {MAX_PRECO} with at most two decimals"
        problems.append(out_of_range("preco", detail))
    if evento.versao is not None and not 0 <= evento.versao < 2**31:
        problems.append(out_of_range("versao", "expected 0 to 2147483647"))
    return problems


def is_price(preco: Decimal) -> bool:
    return preco.is_finite() and 0 <= preco <= MAX_PRECO and preco == round(preco, 2)


def encode_evento(evento: Evento) -> bytes:
    """The JSON that Kafka carries, absent fields left out."""
    return msgspec.json.encode(evento)


def event_name(evento: Evento, *, topic: str, partition: int, offset: int) -> str:
    """What makes a repeat a repeat: `id_evento`, or where the record lies on Kafka."""
    if evento.id_evento is not None:
        return str(evento.id_evento)
    return f"{topic}-{partition}-{offset}"
