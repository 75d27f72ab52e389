"""What the OpenAPI document says of `POST /eventos`; events as their model has them."""

from typing import Any, Final

from event_contracts.json_schema import event_schema
from event_contracts.rejection import OF_A_STORE, Motivo
from event_producer.refusal import MAX_BODY_BYTES, MAX_ERROS, MAX_EVENTOS
from service_runtime.problem import PROBLEM_JSON

_DESCRIPTION: Final = f"""\
Takes one event or an array of at most {MAX_EVENTOS:,} events.

The answer is 202 only when every event is on Kafka or, while Kafka is away, synced to disk.
Otherwise none of them is confirmed: after 503, or without an answer, send the request again.
Give your events an `id_evento` if you do, so that a repeat is known as one.

The body may be compressed (`Content-Encoding: gzip`). It may also come as `text/plain`, as
`navigator.sendBeacon` sends a string, from pages of the allowed origins.

With `?parcial=true` the good events of an array are taken though others are wrong: the answer is
202 and `erros` names those that were not taken. Where no event is good it is 422 as without. An
answer names at most {MAX_ERROS:,} errors, and `erros_omitidos` tells how many more there are.
"""


EVENTO: Final[dict[str, Any]] = event_schema() | {
    "example": {
        "id_usuario": "u123",
        "tipo_evento": "clique",
        "id_produto": "p456",
        "timestamp": "2025-05-14T19:16:00",
    },
}

_EVENTOS: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_EVENTOS,
    "items": EVENTO,
}

_ERROS: Final[dict[str, Any]] = {
    "type": "array",
    "maxItems": MAX_ERROS,
    "items": {
        "type": "object",
        "required": ["indice", "campo", "motivo", "detalhe"],
        "properties": {
            "indice": {"type": "integer", "minimum": 0},
            "campo": {"type": ["string", "null"]},
            "motivo": {"type": "string", "enum": [str(m) for m in Motivo if m not in OF_A_STORE]},
            "detalhe": {"type": "string"},
        },
    },
}

_LEFT_OUT: Final = {
    "type": "integer",
    "minimum": 1,
    "description": f"how many more `erros` there are than the first {MAX_ERROS}",
}

_ACCEPTED: Final = {
    "type": "object",
    "required": ["aceitos", "ids_gerados"],
    "properties": {
        "aceitos": {"type": "integer", "minimum": 1},
        "ids_gerados": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "one for each event that came without `id_evento` and was taken, in "
            "their order",
        },
        "erros": {
            **_ERROS,
            "description": "with `parcial=true`: what is wrong with the events that were not taken",
        },
        "erros_omitidos": _LEFT_OUT,
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

_INVALID: Final[dict[str, Any]] = {
    "type": "object",
    "required": [*_PROBLEM["required"], "erros"],
    "properties": {**_PROBLEM["properties"], "erros": _ERROS, "erros_omitidos": _LEFT_OUT},
}


def _refused(description: str, schema: dict[str, Any] = _PROBLEM) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


_RETRY_AFTER: Final = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}
}

RESPONSES: Final[dict[int, dict[str, Any]]] = {
    202: {
        "description": "every event is safe; with `parcial=true`, every one but those in `erros`",
        "content": {"application/json": {"schema": _ACCEPTED}},
    },
    400: _refused("not JSON in UTF-8, not gzip where that is said, or a parameter given twice"),
    403: _refused("text/plain from a page of another origin that is not allowed"),
    413: _refused(
        f"more than {MAX_BODY_BYTES} bytes, as sent or unpacked, or more than {MAX_EVENTOS} events"
    ),
    415: _refused("neither application/json nor text/plain, or an encoding other than gzip"),
    422: _refused(
        "at least one event is wrong, or there is none, or `parcial` is neither true nor false; "
        "none is taken",
        _INVALID,
    ),
    503: _refused("neither Kafka nor the spool could take the events; none is confirmed")
    | {"headers": _RETRY_AFTER},
}

OPERATION: Final[dict[str, Any]] = {
    "summary": "Take events",
    "description": _DESCRIPTION,
    "operationId": "take_events",
    "responses": {str(status): response for status, response in RESPONSES.items()},
    "parameters": [
        {
            "name": "parcial",
            "in": "query",
            "description": "whether to take the good events of an array when others are wrong",
            "schema": {"type": "boolean", "default": False},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [EVENTO, _EVENTOS]}}},
    },
}
