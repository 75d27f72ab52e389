"""What the OpenAPI document says of the paths for Segment's clients."""

from typing import Any, Final

from event_producer.eventos_openapi import RESPONSES as _OF_EVENTOS
from event_producer.eventos_openapi import answer
from event_producer.models import Sucesso

_DESCRIPTION: Final = """\
Segment's HTTP Tracking API, so that its clients work with this host in place of theirs. They post
to the same paths by one letter too (`/v1/t`, `/v1/p`, `/v1/b`), and to `/v1/import`; `identify`,
`group`, `alias` and `screen` are answered as `page` is.

Of tracked events, Product Viewed becomes a `clique`, Product Added an `adicao_carrinho`, and each
product of an Order Completed, Refunded or Cancelled a `compra`, `devolucao` or `cancelamento`. The
events are checked as those of `POST /eventos`. A call that is no event is skipped, a wrong event is
refused, both are counted by reason, and the answer is still 200: clients drop a whole batch for a
4xx.

The answer is 200 only when every event that was taken is on Kafka or, while Kafka is away, synced
to disk. After 503, or without an answer, clients send it again; `messageId` makes the repeat known.

A `writeKey`, in the body or by HTTP Basic, is taken and not checked.
"""


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description, **more}


def _id(description: str) -> dict[str, Any]:
    return {"type": ["string", "integer", "null"], "description": description}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


_MOMENT: Final = "ISO 8601, UTC where no offset is given"

_PRODUCT: Final = {
    "product_id": _id("the product; where it is absent `sku` is, and then `variant`"),
    "sku": _id("see `product_id`"),
    "variant": _id("see `product_id`"),
}
_LINE: Final = _object(
    {
        **_PRODUCT,
        "price": {
            "type": ["number", "string", "null"],
            "description": "unit price in BRL, at most two decimals",
        },
        "quantity": {"type": ["integer", "null"], "description": "units", "default": 1},
    }
)
_PROPERTIES: Final = _object(
    {
        **_PRODUCT,
        "order_id": _id("the order"),
        "currency": _text("of an order; an order not in BRL is skipped", default="BRL"),
        "products": {"type": ["array", "null"], "items": _LINE, "description": "of an order"},
    }
)
_COMMON: Final[dict[str, Any]] = {
    "userId": _id("the customer"),
    "anonymousId": _id("the customer, where there is no `userId`"),
    "messageId": _id("makes a repeat known, and is given where it is absent"),
    "originalTimestamp": _text(f"when it happened; {_MOMENT}"),
    "timestamp": _text(
        f"when it happened, where there is no `originalTimestamp`; {_MOMENT}; the time of the "
        "request where it is absent"
    ),
    "sentAt": _text(f"what the sender's clock said when it sent this; {_MOMENT}"),
    "context": _object({"sessionId": _id("the visit")}),
    "writeKey": _text("not checked"),
}
_TRACK: Final = _object(
    {"event": _text("its name in Segment's ecommerce spec"), "properties": _PROPERTIES, **_COMMON},
    example={
        "event": "Order Completed",
        "userId": "u123",
        "messageId": "ajs-next-0123",
        "timestamp": "2025-05-14T19:16:00Z",
        "properties": {
            "order_id": "A1",
            "currency": "BRL",
            "products": [{"product_id": "p456", "price": 19.90, "quantity": 2}],
        },
    },
)
_PAGE: Final = _object({"name": _text("the page"), "properties": {"type": "object"}, **_COMMON})
_CALL: Final = _object({"type": _text("`track` or another"), **_TRACK["properties"]})
_BATCH: Final = _object(
    {
        "batch": {"type": "array", "items": _CALL},
        "sentAt": _text("for those that have none of their own"),
        "writeKey": _text("not checked"),
    },
    required=["batch"],
)

_RESPONSES: Final[dict[int, dict[str, Any]]] = {
    200: answer("every valid event is stored", Sucesso),
    **{status: _OF_EVENTOS[status] for status in (400, 403, 413, 415, 503)},
}


def _operation(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": _DESCRIPTION,
        "operationId": name,
        "responses": {str(status): response for status, response in _RESPONSES.items()},
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


OPERATIONS: Final = {
    "/v1/track": _operation(
        "track", "Take one tracked event, as Segment's clients send it", _TRACK
    ),
    "/v1/page": _operation("page", "Count a page call of Segment's clients, and skip it", _PAGE),
    "/v1/batch": _operation("batch", "Take a batch of calls, as Segment's clients send it", _BATCH),
}
