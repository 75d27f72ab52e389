"""A customer's event: its model, how bytes become one, and what is wrong when they do not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, get_type_hints
from uuid import UUID

import msgspec

from event_contracts.rejection import Motivo, Rejeicao

MAX_EVENT_BYTES: Final = 64 * 1024
MAX_TEXT_BYTES: Final = 128
MAX_QUANTIDADE: Final = 1_000_000
MAX_PRECO: Final = Decimal("99999999.99")
MAX_AHEAD: Final = timedelta(minutes=5)
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class TipoEvento(StrEnum):
    """What a customer did; `devolucao` and `cancelamento` take back a `compra`, whole or in part."""

    CLIQUE = "clique"
    ADICAO_CARRINHO = "adicao_carrinho"
    COMPRA = "compra"
    DEVOLUCAO = "devolucao"
    CANCELAMENTO = "cancelamento"


OF_A_SALE: Final = frozenset({TipoEvento.COMPRA, TipoEvento.DEVOLUCAO, TipoEvento.CANCELAMENTO})
"""The types that need `id_pedido`, `quantidade` and `preco`."""


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


_FIELD_TYPES: Final[dict[str, Any]] = get_type_hints(Evento)
_REQUIRED: Final = tuple(Evento.__struct_fields__[:4])
_TEXTS: Final = ("id_usuario", "id_produto", "id_pedido", "id_sessao")
_SALE_FIELDS: Final = ("id_pedido", "quantidade", "preco")
_DECODER: Final = msgspec.json.Decoder(Evento)


def decode_evento(raw: bytes | None, *, received_at: datetime) -> Evento | list[Rejeicao]:
    """The event in `raw`, or every reason why there is none (never an empty list).

    A pure function of the record: `received_at` is Kafka's own timestamp of it (or the moment
    of an HTTP request), so that a replay decides alike. A `timestamp` without an offset is UTC.
    """
    problem = _unreadable(raw)
    if problem or raw is None:
        return [problem] if problem else []
    evento: Evento | list[Rejeicao]
    try:
        evento = _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        evento = _diagnose(raw)
        if isinstance(evento, list):
            return evento
    return _checked(evento, received_at)


def _unreadable(raw: bytes | None) -> Rejeicao | None:
    if not raw:
        return Rejeicao(Motivo.VAZIO, None, "the record has no value")
    if len(raw) > MAX_EVENT_BYTES:
        return Rejeicao(Motivo.GRANDE_DEMAIS, None, f"more than {MAX_EVENT_BYTES} bytes")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Rejeicao(Motivo.NAO_UTF8, None, "not UTF-8")
    return None


def _diagnose(raw: bytes) -> Evento | list[Rejeicao]:
    """What the strict decoder refused, field by field; it alone accepts all of ISO 8601."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return [Rejeicao(Motivo.NAO_JSON, None, "not JSON")]
    if not isinstance(value, dict):
        return [Rejeicao(Motivo.NAO_OBJETO, None, "not a JSON object")]
    if isinstance(value.get("timestamp"), str):
        value["timestamp"] = _iso_or_text(value["timestamp"])
    problems = [p for name in Evento.__struct_fields__ if (p := _field_problem(value, name))]
    return problems or msgspec.convert(value, Evento)


def _iso_or_text(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _field_problem(value: dict[str, Any], name: str) -> Rejeicao | None:
    if name not in value:
        missing = name in _REQUIRED
        return Rejeicao(Motivo.CAMPO_AUSENTE, name, "required") if missing else None
    try:
        msgspec.convert(value[name], _FIELD_TYPES[name])
    except msgspec.ValidationError:
        return _wrong_type(name, value[name])
    return None


_EXPECTED: Final = {
    "tipo_evento": "one of " + ", ".join(TipoEvento),
    "timestamp": "an ISO 8601 date and time",
    "id_evento": "a UUID",
    "quantidade": "an integer",
    "preco": "a number",
    "versao": "an integer",
}


def _wrong_type(name: str, value: object) -> Rejeicao:
    expected = "expected " + _EXPECTED.get(name, "a string")
    if name == "tipo_evento" and isinstance(value, str):
        return Rejeicao(Motivo.TIPO_EVENTO_DESCONHECIDO, name, expected)
    return Rejeicao(Motivo.TIPO_ERRADO, name, expected)


def _checked(evento: Evento, received_at: datetime) -> Evento | list[Rejeicao]:
    instant = _as_utc(evento.timestamp)
    problems = [
        *_text_problems(evento),
        *_sale_problems(evento),
        *_number_problems(evento),
        *_time_problems(instant, received_at),
    ]
    if problems or instant is None:
        return problems
    if instant is evento.timestamp:
        return evento
    return msgspec.structs.replace(evento, timestamp=instant)


def _as_utc(timestamp: datetime) -> datetime | None:
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=UTC)
    try:
        return timestamp.astimezone(UTC)
    except OverflowError:
        return None


def _out_of_range(name: str, detail: str) -> Rejeicao:
    return Rejeicao(Motivo.FORA_DA_FAIXA, name, detail)


_TEXT_DETAIL: Final = f"expected 1 to {MAX_TEXT_BYTES} bytes without control characters"


def _text_problems(evento: Evento) -> list[Rejeicao]:
    texts = (evento.id_usuario, evento.id_produto, evento.id_pedido, evento.id_sessao)
    if all(map(_is_storable, texts)):
        return []
    return [
        _out_of_range(name, _TEXT_DETAIL)
        for name, text in zip(_TEXTS, texts, strict=True)
        if not _is_storable(text)
    ]


def _is_storable(text: str | None) -> bool:
    if text is None:
        return True
    length = len(text) if text.isascii() else len(text.encode())
    return 0 < length <= MAX_TEXT_BYTES and text.isprintable()


def _sale_problems(evento: Evento) -> list[Rejeicao]:
    if evento.tipo_evento not in OF_A_SALE:
        return []
    values = (evento.id_pedido, evento.quantidade, evento.preco)
    return [
        Rejeicao(Motivo.CAMPO_AUSENTE, name, f"required for a {evento.tipo_evento}")
        for name, value in zip(_SALE_FIELDS, values, strict=True)
        if value is None
    ]


def _number_problems(evento: Evento) -> list[Rejeicao]:
    problems = []
    if evento.quantidade is not None and not 1 <= evento.quantidade <= MAX_QUANTIDADE:
        problems.append(_out_of_range("quantidade", f"expected 1 to {MAX_QUANTIDADE}"))
    if evento.preco is not None and not _is_price(evento.preco):
        detail = f"expected 0 to {MAX_PRECO} with at most two decimals"
        problems.append(_out_of_range("preco", detail))
    if evento.versao is not None and not 0 <= evento.versao < 2**31:
        problems.append(_out_of_range("versao", "expected 0 to 2147483647"))
    return problems


def _is_price(preco: Decimal) -> bool:
    return preco.is_finite() and 0 <= preco <= MAX_PRECO and preco == round(preco, 2)


def _time_problems(instant: datetime | None, received_at: datetime) -> list[Rejeicao]:
    if instant is None or instant < OLDEST:
        return [_out_of_range("timestamp", f"expected {OLDEST.date()} or later")]
    if instant > received_at + MAX_AHEAD:
        minutes = MAX_AHEAD // timedelta(minutes=1)
        detail = f"dated more than {minutes} minutes ahead"
        return [Rejeicao(Motivo.DATA_FUTURA, "timestamp", detail)]
    return []


def encode_evento(evento: Evento) -> bytes:
    """The JSON that Kafka carries, absent fields left out."""
    return msgspec.json.encode(evento)


def event_name(evento: Evento, *, topic: str, partition: int, offset: int) -> str:
    """What makes a repeat a repeat: `id_evento`, or where the record lies on Kafka."""
    if evento.id_evento is not None:
        return str(evento.id_evento)
    return f"{topic}-{partition}-{offset}"
