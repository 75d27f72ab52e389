"""The OpenAPI document of event-producer."""

from functools import cache
from inspect import cleandoc
from typing import Any, Final

import msgspec

from event_producer import estoque_openapi, eventos_openapi, segment_openapi
from event_producer.eventos_openapi import SCHEMAS
from event_producer.models import Aceite, AceiteEstoque, Erro, EventosRecusados, Problema, Sucesso

_ANSWERS: Final = (Aceite, AceiteEstoque, Erro, EventosRecusados, Problema, Sucesso)


@cache
def openapi_document() -> dict[str, Any]:
    """What `/openapi.json` answers; one object, which nobody changes."""
    operations = {
        eventos_openapi.PATH: eventos_openapi.OPERATION,
        estoque_openapi.PATH: estoque_openapi.OPERATION,
        estoque_openapi.PUBLIC_PATH: estoque_openapi.OPERATION
        | {"operationId": "take_stock_updates_from_outside"},
        **segment_openapi.OPERATIONS,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "event-producer", "version": "1"},
        "paths": {path: {"post": operation} for path, operation in operations.items()},
        "components": {
            "schemas": _answer_schemas(),
            "securitySchemes": estoque_openapi.SECURITY_SCHEMES,
        },
    }


def _answer_schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(_ANSWERS, ref_template=SCHEMAS + "{name}")
    for schema in schemas.values():
        schema["description"] = cleandoc(schema["description"])
    return schemas
