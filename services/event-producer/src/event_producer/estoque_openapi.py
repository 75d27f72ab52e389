"""`POST /estoque` in the OpenAPI document; the schema is generated from the model."""

from typing import Any, Final

from event_contracts.json_schema import stock_schema
from event_producer.eventos_openapi import OPERATION as _OF_EVENTOS
from event_producer.eventos_openapi import RESPONSES, answer
from event_producer.models import MAX_ERROS, AceiteEstoque, EventosRecusados, Problema
from event_producer.refusal import MAX_BODY_BYTES, MAX_EVENTOS
from service_runtime.problem import PROBLEM_JSON

PATH: Final = "/estoque"
PUBLIC_PATH: Final = "/atualizacoes_estoque"
"""The same under a name that analytics-api, which may have the same host, does not have."""
SECURITY: Final = "stock_token"
SECURITY_SCHEMES: Final = {SECURITY: {"type": "http", "scheme": "bearer"}}

_DESCRIPTION: Final = f"""\
Takes one stock update or an array of at most {MAX_EVENTOS:,} updates.

The answer is 202 only when every update is on Kafka or, while Kafka is away, synced to disk.
Otherwise none of them is confirmed: after 503, or without an answer, send the request again. A
repeat changes nothing: of two updates of a product and a stock location the later one counts.

The body may be compressed (`Content-Encoding: gzip`). With `?parcial=true` the good updates of an
array are taken though others are wrong, as at `/eventos`. An answer names at most {MAX_ERROS:,}
errors; `erros_omitidos` says how many more there are.

Callers are programs that know the token. A request that names an `Origin`, as a browser's does, is
refused.
"""

ATUALIZACAO: Final[dict[str, Any]] = stock_schema() | {
    "example": {
        "id_produto": "p456",
        "nivel_estoque": 12,
        "ultima_atualizacao": "2025-05-14T19:16:00Z",
        "id_armazem": "cd-sudeste",
    },
}
_ATUALIZACOES: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_EVENTOS,
    "items": ATUALIZACAO,
}


def _refused(description: str, model: type[Problema] = Problema) -> dict[str, Any]:
    return answer(description, model, PROBLEM_JSON)


_CHALLENGE: Final = {
    "WWW-Authenticate": {"schema": {"type": "string"}, "description": "the scheme, `Bearer`"}
}
_RESPONSES: Final[dict[int, dict[str, Any]]] = {
    202: answer(
        "every update is stored; with `parcial=true`, every one but those in `erros`",
        AceiteEstoque,
    ),
    400: RESPONSES[400],
    401: _refused("no token, or a wrong one") | {"headers": _CHALLENGE},
    403: _refused("an `Origin` is named, or the setting STOCK_TOKEN is not set"),
    413: _refused(
        f"more than {MAX_BODY_BYTES} bytes, as sent or unpacked, or more than {MAX_EVENTOS} updates"
    ),
    415: RESPONSES[415],
    422: _refused(
        "at least one update is wrong, or there is none, or `parcial` is neither true nor false; "
        "no update is taken, and `?parcial=true` would take the good ones",
        EventosRecusados,
    ),
    503: RESPONSES[503],
}

OPERATION: Final[dict[str, Any]] = {
    "summary": "Take stock updates",
    "description": _DESCRIPTION,
    "operationId": "take_stock_updates",
    "security": [{SECURITY: []}],
    "responses": {str(status): response for status, response in _RESPONSES.items()},
    "parameters": _OF_EVENTOS["parameters"],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [ATUALIZACAO, _ATUALIZACOES]}}},
    },
}
