"""The JSON Schemas of events and stock updates, generated from the models and their limits."""

from inspect import cleandoc
from typing import Any, Final

import msgspec

from event_contracts import estoque
from event_contracts.estoque import AtualizacaoEstoque
from event_contracts.evento import MOMENTS, OF_A_SALE, SALE_FIELDS, Evento, TipoEvento

_SALE_RULE: Final = {
    "if": {
        "required": ["tipo_evento"],
        "properties": {"tipo_evento": {"enum": [str(t) for t in TipoEvento if t in OF_A_SALE]}},
    },
    "then": {
        "required": list(SALE_FIELDS),
        "properties": {name: {"not": {"type": "null"}} for name in SALE_FIELDS},
    },
}


def event_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of an event, without references.

    The decoder checks more than a schema can say: the bytes of a text, the decimals of a number,
    and whether a moment is valid and neither too old nor ahead.
    """
    _, schemas = msgspec.json.schema_components([Evento], schema_hook=_of_a_price)
    evento: dict[str, Any] = schemas["Evento"]
    evento["description"] = cleandoc(evento["description"])
    evento["properties"]["tipo_evento"] = schemas["TipoEvento"] | {"type": "string"}
    for name in MOMENTS:
        _forget_format(evento["properties"][name])
    return evento | _SALE_RULE


def stock_schema() -> dict[str, Any]:
    """The same of a stock update."""
    _, schemas = msgspec.json.schema_components([AtualizacaoEstoque])
    update: dict[str, Any] = schemas["AtualizacaoEstoque"]
    update["description"] = cleandoc(update["description"])
    for name in estoque.MOMENTS:
        _forget_format(update["properties"][name])
    return update


def _of_a_price(_kind: type) -> dict[str, Any]:
    return {"type": ["number", "string"]}


def _forget_format(schema: dict[str, Any]) -> None:
    """`date-time` is narrower than ISO 8601: it demands an offset and a time."""
    for each in (schema, *schema.get("anyOf", ())):
        each.pop("format", None)
