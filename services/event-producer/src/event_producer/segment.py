"""Turns calls of Segment's HTTP Tracking API into our events.

The API: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/; what the
names of tracked events and their properties mean: https://segment.com/docs/connections/spec/ecommerce/v2/
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from event_contracts.evento import OF_A_SALE, TipoEvento
from event_contracts.identity import identity_of, nil_problems
from event_contracts.texts import MAX_TEXT_BYTES, text_problems

_TRACK: Final = "track"
_REAIS: Final = ("", "BRL")
_SEPARATORS: Final = str.maketrans("", "", " _")
_TIPOS: Final = {
    "productviewed": TipoEvento.CLIQUE,
    "productadded": TipoEvento.ADICAO_CARRINHO,
    "ordercompleted": TipoEvento.COMPRA,
    "orderrefunded": TipoEvento.DEVOLUCAO,
    "ordercancelled": TipoEvento.CANCELAMENTO,
    "viewedproduct": TipoEvento.CLIQUE,
    "addedproduct": TipoEvento.ADICAO_CARRINHO,
    "completedorder": TipoEvento.COMPRA,
    "refundedorder": TipoEvento.DEVOLUCAO,
}
"""By the name without separators, in lower case, as Segment's own destinations compare them
(https://github.com/segmentio/analytics-events); the last ones are of version 1 of its spec."""
_PRODUCT_IDS: Final = ("product_id", "sku", "variant")
_TOO_LONG: Final = "-" * (MAX_TEXT_BYTES + 1)

Campos = dict[str, Any]


class SkipReason(StrEnum):
    """Why a call becomes no event; the value is the metric's `motivo`."""

    OUTRA_CHAMADA = "outra_chamada"
    OUTRO_EVENTO = "outro_evento"
    OUTRA_MOEDA = "outra_moeda"
    SEM_PRODUTOS = "sem_produtos"
    ILEGIVEL = "ilegivel"


class Call(Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields of a call that are read, not yet checked: a wrong value must refuse its own event
    alone, not the whole call."""

    type: Any = None
    event: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    message_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    properties: Any = None
    context: Any = None


def events_of(call: Call, *, received_at: str) -> Iterator[Campos] | SkipReason:
    """The events of a call, not yet checked, or why there is none. An order has one for each
    product; they are made lazily.

    `received_at` is the `timestamp` of a call that has none.
    """
    if call.type != _TRACK:
        return SkipReason.OUTRA_CHAMADA
    tipo = _TIPOS.get(_plain(call.event))
    if tipo is None:
        return SkipReason.OUTRO_EVENTO
    common, properties = _common(call, tipo, received_at), _object(call.properties)
    if tipo in OF_A_SALE:
        return _lines(common, properties)
    return iter([_present({**common, "id_produto": _product_id(properties)})])


def _common(call: Call, tipo: TipoEvento, received_at: str) -> Campos:
    happened_at = _first(call.original_timestamp, call.timestamp)
    return {
        "tipo_evento": tipo,
        "id_usuario": _id(_first(call.user_id, call.anonymous_id)),
        "timestamp": received_at if happened_at is None else _text(happened_at),
        "enviado_em": None if happened_at is None else _text(_first(call.sent_at)),
        "id_evento": _id(call.message_id),
        "id_sessao": _session(_object(call.context).get("sessionId")),
    }


def _lines(common: Campos, properties: Campos) -> Iterator[Campos] | SkipReason:
    if not _is_in_reais(properties.get("currency")):
        return SkipReason.OUTRA_MOEDA
    products = properties.get("products")
    if not isinstance(products, list) or not products:
        return SkipReason.SEM_PRODUTOS
    order = {**common, "id_pedido": _id(properties.get("order_id"))}
    return (_line(order, _object(product), place) for place, product in enumerate(products))


def _line(order: Campos, product: Campos, place: int) -> Campos:
    quantity = product.get("quantity")
    return _present(
        {
            **order,
            "id_evento": _of_a_line(order["id_evento"], place),
            "id_produto": _product_id(product),
            "quantidade": 1 if quantity is None else _scalar(quantity),
            "preco": _scalar(product.get("price")),
        }
    )


def _of_a_line(message_id: object, place: int) -> object:
    """The id of an order's line: the same in every repeat of its message. One that is too long is
    hashed as the warehouse does. A wrong message id is returned as it is, so that the contract
    refuses it; with the place appended it would pass for an id."""
    if not isinstance(message_id, str):
        return message_id
    is_none = text_problems(["id_evento"], (message_id,)) or nil_problems("id_evento", message_id)
    if is_none:
        return message_id
    text = f"{message_id}/{place}"
    return text if _fits(text) else identity_of(text).id_evento


def _product_id(product: Campos) -> object:
    return _id(_first(*map(product.get, _PRODUCT_IDS)))


def _first(*values: object) -> object:
    """The first value that is neither None nor empty: programs write both for a missing value."""
    return next((value for value in values if value is not None and value != ""), None)


def _id(value: object) -> object:
    """An integer becomes text: many shops number their products and orders."""
    return _text(str(value) if type(value) is int else value)


def _text(value: object) -> object:
    """A wrong value is replaced by a small value that is just as wrong: each line of an order
    repeats it, so a large one would cost memory."""
    if isinstance(value, str):
        return value if _fits(value) else _TOO_LONG
    return None if value is None else {}


def _fits(text: str) -> bool:
    """Whether a text is short enough. A character has at most four bytes: most need no encoding."""
    return len(text) <= MAX_TEXT_BYTES // 4 or len(text.encode()) <= MAX_TEXT_BYTES


def _session(value: object) -> object:
    """The session id if it is valid, else None: Segment's spec does not define this field."""
    text = _id(value)
    is_good = isinstance(text, str) and not text_problems(["id_sessao"], (text,))
    return text if is_good else None


def _is_in_reais(currency: object) -> bool:
    return currency is None or (isinstance(currency, str) and currency.strip().upper() in _REAIS)


def _plain(text: object) -> str:
    return text.translate(_SEPARATORS).lower() if isinstance(text, str) else ""


def _object(value: object) -> Campos:
    return value if isinstance(value, dict) else {}


def _scalar(value: object) -> object:
    """A list or object is wrong anywhere; an empty object is as wrong and less deep."""
    return {} if isinstance(value, dict | list) else value


def _present(campos: Campos) -> Campos:
    return {name: value for name, value in campos.items() if value is not None}
