"""What the OpenAPI document says of `POST /eventos`: the body is read by hand, so is this."""

from typing import Any, Final

from event_contracts.evento import (
    MAX_PRECO,
    MAX_QUANTIDADE,
    OF_A_SALE,
    TipoEvento,
)
from event_contracts.record import MAX_TEXT_BYTES
from event_contracts.rejection import OF_A_STORE, Motivo
from event_producer.refusal import MAX_BODY_BYTES
from service_runtime.problem import PROBLEM_JSON

DESCRIPTION: Final = """\
Takes one event or an array of events.

The answer is 202 only when every event is on Kafka or, while Kafka is away, synced to disk.
Otherwise none of them is claimed: after 503, or without an answer, send the request again.
Give your events an `id_evento` if you do, so that a repeat is known as one.

The body may be compressed (`Content-Encoding: gzip`). It may also come as `text/plain`, as
`navigator.sendBeacon` sends a string, from pages of the allowed origins.
"""


def _text(description: str) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_TEXT_BYTES,
        "description": f"{description}; at most {MAX_TEXT_BYTES} bytes, no control characters",
    }


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_REQUIRED_FOR: Final = "required for " + ", ".join(tipo for tipo in TipoEvento if tipo in OF_A_SALE)

_PRECO: Final = {
    "type": ["number", "string", "null"],
    "minimum": 0,
    "maximum": float(MAX_PRECO),
    "pattern": r"^[0-9]{1,8}(\.[0-9]{1,2})?$",
    "description": "unit price in BRL, at most two decimals; a string keeps them exact; "
    + _REQUIRED_FOR,
}

EVENTO: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id_usuario", "tipo_evento", "id_produto", "timestamp"],
    "properties": {
        "id_usuario": _text("who"),
        "tipo_evento": {"type": "string", "enum": [str(tipo) for tipo in TipoEvento]},
        "id_produto": _text("which product"),
        "timestamp": {
            "type": "string",
            "description": "ISO 8601, UTC where no offset is given; from the year 2000 to "
            "5 minutes ahead",
            "examples": ["2025-05-14T19:16:00Z"],
        },
        "id_evento": {
            "type": ["string", "null"],
            "description": "a UUID that makes a repeat known; given here where it is absent",
        },
        "id_pedido": _optional(_text(f"the order; {_REQUIRED_FOR}")),
        "quantidade": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": MAX_QUANTIDADE,
            "description": f"units; {_REQUIRED_FOR}",
        },
        "preco": _PRECO,
        "id_sessao": _optional(_text("the visit")),
        "versao": {"type": ["integer", "null"], "minimum": 0, "maximum": 2**31 - 1},
    },
    "example": {
        "id_usuario": "u123",
        "tipo_evento": "clique",
        "id_produto": "p456",
        "timestamp": "2025-05-14T19:16:00",
    },
}

_ACCEPTED: Final = {
    "type": "object",
    "required": ["aceitos", "ids_gerados"],
    "properties": {
        "aceitos": {"type": "integer", "minimum": 1},
        "ids_gerados": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "one for each event that came without `id_evento`, in their order",
        },
    },
    "additionalProperties": False,
}

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}

_MOTIVOS: Final = [str(motivo) for motivo in Motivo if motivo not in OF_A_STORE]

_INVALID: Final[dict[str, Any]] = {
    "type": "object",
    "required": [*_PROBLEM["required"], "erros"],
    "properties": {
        **_PROBLEM["properties"],
        "erros": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["indice", "campo", "motivo", "detalhe"],
                "properties": {
                    "indice": {"type": "integer", "minimum": 0},
                    "campo": {"type": ["string", "null"]},
                    "motivo": {"type": "string", "enum": _MOTIVOS},
                    "detalhe": {"type": "string"},
                },
            },
        },
    },
}


def _refused(description: str, schema: dict[str, Any] = _PROBLEM) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


_RETRY_AFTER: Final = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}
}

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "every event is safe",
        "content": {"application/json": {"schema": _ACCEPTED}},
    },
    400: _refused("not JSON in UTF-8, not gzip where that is said, or a parameter given twice"),
    403: _refused("text/plain from a page of another origin that is not allowed"),
    413: _refused(f"more than {MAX_BODY_BYTES} bytes, as sent or unpacked"),
    415: _refused("neither application/json nor text/plain, or an encoding other than gzip"),
    422: _refused("at least one event is wrong, or there is none; none is taken", _INVALID),
    503: _refused("neither Kafka nor the spool could take the events; none is claimed")
    | {"headers": _RETRY_AFTER},
}

OPERATION: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [EVENTO, {"type": "array", "minItems": 1, "items": EVENTO}]}
            }
        },
    }
}
