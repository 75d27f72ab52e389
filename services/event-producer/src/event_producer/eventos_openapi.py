"""`POST /eventos` in the OpenAPI document; schemas are generated from the models."""

from typing import Any, Final

import msgspec

from event_contracts.json_schema import event_schema
from event_producer.models import MAX_ERROS, Aceite, EventosRecusados, Problema
from event_producer.refusal import MAX_BODY_BYTES, MAX_EVENTOS
from service_runtime.problem import PROBLEM_JSON

PATH: Final = "/eventos"
SCHEMAS: Final = "#/components/schemas/"
"""Where the document has the schemas of the answers, by the name of their model."""

_DESCRIPTION: Final = f"""\
Takes one event or an array of at most {MAX_EVENTOS:,} events.

The answer is 202 only when every event is on Kafka or, while Kafka is away, synced to disk.
Otherwise none of them is confirmed: after 503, or without an answer, send the request again.
Give your events an `id_evento` if you do, so that a repeat is known as one.

The body may be compressed (`Content-Encoding: gzip`). It may also come as `text/plain`, as
`navigator.sendBeacon` sends a string, from pages of the allowed origins.

With `?parcial=true` the good events of an array are taken though others are wrong: the answer is
202 and `erros` names those that were not taken. When no event is good the answer is 422, as without
the parameter. An answer names at most {MAX_ERROS:,} errors; `erros_omitidos` says how many more
there are.
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


def answer(
    description: str, model: type[msgspec.Struct], media_type: str = "application/json"
) -> dict[str, Any]:
    """A response of the document: a JSON body of this model."""
    schema = {"$ref": f"{SCHEMAS}{model.__name__}"}
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _refused(description: str, model: type[msgspec.Struct] = Problema) -> dict[str, Any]:
    return answer(description, model, PROBLEM_JSON)


_RETRY_AFTER: Final = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}
}

RESPONSES: Final[dict[int, dict[str, Any]]] = {
    202: answer(
        "every event is stored; with `parcial=true`, every one but those in `erros`", Aceite
    ),
    400: _refused("not JSON in UTF-8, not gzip where that is said, or a parameter given twice"),
    403: _refused("text/plain from a page of another origin that is not allowed"),
    413: _refused(
        f"more than {MAX_BODY_BYTES} bytes, as sent or unpacked, or more than {MAX_EVENTOS} events"
    ),
    415: _refused(
        "neither application/json nor text/plain in UTF-8, or an encoding other than gzip"
    ),
    422: _refused(
        "at least one event is wrong, or there is none, or `parcial` is neither true nor false; "
        "no event is taken, and `?parcial=true` would take the good ones",
        EventosRecusados,
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
            "description": "whether to take the good elements of an array when others are wrong",
            "schema": {"type": "boolean", "default": False},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [EVENTO, _EVENTOS]}}},
    },
}
