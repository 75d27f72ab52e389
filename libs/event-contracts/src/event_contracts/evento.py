"""A customer's event: its model, its decoder, and the reasons why a record is not one."""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from event_contracts.clock import LATENCY, MAX_SKEW, corrected
from event_contracts.identity import ID_SCHEMA, nil_problems
from event_contracts.record import (
    ISO_MOMENT,
    MAX_AHEAD,
    MAX_RECORD_BYTES,
    OLDEST,
    UNREADABLE,
    RecordDecoder,
    as_utc,
    check_count,
    elements_of,
    is_utf8,
    number_meta,
    time_problems,
)
from event_contracts.rejection import Motivo, Rejeicao, out_of_range
from event_contracts.texts import text_meta, text_problems

MAX_QUANTIDADE: Final = 1_000_000
MAX_PRECO: Final = Decimal("99999999.99")
MAX_VERSAO: Final = 2**31 - 1
PRICE_PATTERN: Final = r"[0-9]{1,8}(\.[0-9]{1,2})?"
"""Of a price that is sent as a string."""

if TYPE_CHECKING:
    Preco: TypeAlias = Decimal
else:

    class _IsDecimal(type):
        """Cheaper than an abstract base class."""

        def __instancecheck__(cls, value: object) -> bool:
            return type(value) is Decimal

    class Preco(metaclass=_IsDecimal):
        """A type for which msgspec asks `_convert`; a Decimal it would make of almost any text."""


class TipoEvento(StrEnum):
    """What a customer did; a `devolucao` or `cancelamento` takes back a `compra` or part of it.
    A `sonda` is no customer's: it is sent to see it come out, and counts in no figure."""

    CLIQUE = "clique"
    ADICAO_CARRINHO = "adicao_carrinho"
    COMPRA = "compra"
    DEVOLUCAO = "devolucao"
    CANCELAMENTO = "cancelamento"
    SONDA = "sonda"


TAKES_BACK: Final = frozenset({TipoEvento.DEVOLUCAO, TipoEvento.CANCELAMENTO})
OF_A_SALE: Final = TAKES_BACK | {TipoEvento.COMPRA}
"""The types that need the SALE_FIELDS."""
SALE_FIELDS: Final = ("id_pedido", "quantidade", "preco")


_OF_A_SALE_TEXT: Final = "required for " + ", ".join(t for t in TipoEvento if t in OF_A_SALE)


class Evento(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of `eventos_clientes`. Fields that are not named here are ignored.

    Once it is decoded, `timestamp` is UTC and by our clock, and `enviado_em` is None.
    """

    id_usuario: Annotated[str, text_meta("the customer")]
    tipo_evento: TipoEvento
    id_produto: Annotated[str, text_meta("the product")]
    timestamp: Annotated[
        datetime,
        Meta(
            description=f"when it happened; {ISO_MOMENT}; from the year {OLDEST.year} to "
            f"{MAX_AHEAD.seconds // 60} minutes ahead",
            examples=["2025-05-14T19:16:00Z"],
        ),
    ]
    id_evento: (
        Annotated[
            str,
            Meta(
                description="makes a repeat known, and is given where it is absent; a UUID in any "
                "spelling but the nil UUID, or any other text, which is kept as it is and told "
                "apart by a version 5 UUID made of it",
                extra_json_schema=ID_SCHEMA,
            ),
        ]
        | None
    ) = None
    id_pedido: Annotated[str, text_meta(f"the order; {_OF_A_SALE_TEXT}")] | None = None
    quantidade: (
        Annotated[int, number_meta(f"units; {_OF_A_SALE_TEXT}", 1, MAX_QUANTIDADE)] | None
    ) = None
    preco: (
        Annotated[
            Preco,
            number_meta(
                "unit price in BRL, at most two decimals; a string keeps them exact; "
                + _OF_A_SALE_TEXT,
                0,
                float(MAX_PRECO),
                pattern=f"^{PRICE_PATTERN}$",
            ),
        ]
        | None
    ) = None
    id_sessao: Annotated[str, text_meta("the visit")] | None = None
    versao: Annotated[int, number_meta("of the sender's own format", 0, MAX_VERSAO)] | None = None
    enviado_em: (
        Annotated[
            datetime,
            Meta(
                description=f"when the sender's clock sent this request; {ISO_MOMENT}; where it "
                f"differs from the arrival by more than {LATENCY.seconds} seconds and at most "
                f"{MAX_SKEW.days * 24} hours, timestamp is shifted by the difference",
                examples=["2025-05-14T19:16:02Z"],
            ),
        ]
        | None
    ) = None


_is_price_text: Final = re.compile(PRICE_PATTERN).fullmatch
_CENT: Final = Decimal("0.01")


def price_of(value: object) -> Decimal:
    """A price as JSON has it, exact; ValueError where it is none by its type or pattern.

    A number is written as its string would be, so that what is encoded can be decoded; one that
    is out of range stays as it is.
    """
    if type(value) is str and _is_price_text(value):
        return Decimal(value)
    if type(value) is Decimal:
        return value if not is_price(value) else abs(round(value, 2))
    if type(value) is int:
        return Decimal(value)
    raise ValueError("no price")


def _convert(_kind: type, value: object) -> Decimal:
    return price_of(value)


MOMENTS: Final = ("timestamp", "enviado_em")
_TEXTS: Final = ("id_usuario", "id_produto", "id_pedido", "id_sessao", "id_evento")
_DECODER: Final = RecordDecoder(
    Evento,
    moments=MOMENTS,
    expected={
        "tipo_evento": "one of " + ", ".join(TipoEvento),
        "timestamp": "an ISO 8601 date and time",
        "quantidade": "an integer",
        "preco": f"a number, or a string like {PRICE_PATTERN}",
        "versao": "an integer",
        "enviado_em": "an ISO 8601 date and time",
    },
    unknown={"tipo_evento": Motivo.TIPO_EVENTO_DESCONHECIDO},
    convert=_convert,
)


def decode_evento(raw: bytes | None, *, received_at: datetime) -> Evento | list[Rejeicao]:
    """The event in `raw`, or every reason why there is none (never an empty list).

    A pure function of the record: `received_at` is Kafka's own timestamp of it (or the moment
    of an HTTP request), so that a replay decides alike. A `timestamp` without an offset is UTC.
    """
    evento = _DECODER.read(raw)
    return evento if isinstance(evento, list) else _checked(evento, received_at)


def decode_eventos(
    array: bytes, *, received_at: datetime, at_most: int
) -> list[Evento | list[Rejeicao]] | None:
    """The result of `decode_evento` for each element; None if there is no JSON array.

    Raises `TooManyElementsError` if it has more than `at_most`.
    """
    if len(array) <= MAX_RECORD_BYTES and is_utf8(array):
        try:
            eventos = _DECODER.strict_array.decode(array)
        except UNREADABLE:
            pass
        else:
            check_count(eventos, at_most)
            return [_checked(evento, received_at) for evento in eventos]
    raws = elements_of(array, at_most=at_most)
    return None if raws is None else [decode_evento(raw, received_at=received_at) for raw in raws]


def _checked(evento: Evento, received_at: datetime) -> Evento | list[Rejeicao]:
    sent_at, instant = evento.enviado_em, as_utc(evento.timestamp)
    if sent_at is not None and instant is not None:
        instant = corrected(instant, sent_at=sent_at, received_at=received_at)
    texts = (
        evento.id_usuario,
        evento.id_produto,
        evento.id_pedido,
        evento.id_sessao,
        evento.id_evento,
    )
    problems = text_problems(_TEXTS, texts) + nil_problems("id_evento", evento.id_evento)
    if evento.tipo_evento in OF_A_SALE and not _has_sale_fields(evento):
        problems += _sale_problems(evento)
    problems += _number_problems(evento)
    problems += time_problems("timestamp", instant, received_at)
    if problems or instant is None:
        return problems
    if instant is evento.timestamp and sent_at is None:
        return evento
    return msgspec.structs.replace(evento, timestamp=instant, enviado_em=None)


def _has_sale_fields(evento: Evento) -> bool:
    return not (evento.id_pedido is None or evento.quantidade is None or evento.preco is None)


def _sale_problems(evento: Evento) -> list[Rejeicao]:
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
    if evento.versao is not None and not 0 <= evento.versao <= MAX_VERSAO:
        problems.append(out_of_range("versao", f"expected 0 to {MAX_VERSAO}"))
    return problems


def is_price(preco: Decimal) -> bool:
    in_range = preco.is_finite() and 0 <= preco <= MAX_PRECO
    return in_range and (preco.same_quantum(_CENT) or preco == round(preco, 2))


_encode: Final = msgspec.json.Encoder().encode


def encode_evento(evento: Evento) -> bytes:
    """The JSON that Kafka carries, absent fields left out."""
    return _encode(evento)
