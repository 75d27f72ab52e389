"""The answers follow Shopify's public documentation of its Admin API; no shop was at hand."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from tests.support.adapter_round import json_response, read_again, run_round

from inventory_poller.adapters.contract import (
    LimitedError,
    Request,
    Response,
    Start,
    UnreadableError,
)
from inventory_poller.adapters.shopify import ShopifyAdapter, ShopifyCredentials, ShopifySource

GIVEN = {
    "id": "loja",
    "api": "shopify",
    "url": "https://loja.myshopify.com",
    "location_names": {"11": "cd-sul", "22": "cd-norte"},
}
UPDATED = "2026-03-02T11:00:00Z"


def level(number: int, quantity: Any, *, tracked: bool = True, sku: Any = "") -> dict[str, Any]:
    item = {"legacyResourceId": str(number), "sku": sku or f"S-{number}", "tracked": tracked}
    return {"item": item, "quantities": [{"quantity": quantity, "updatedAt": UPDATED}]}


def cost(*, left: float, wanted: float = 52) -> dict[str, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": left, "restoreRate": 100}
    return {
        "cost": {
            "requestedQueryCost": wanted,
            "actualQueryCost": wanted,
            "throttleStatus": status,
        }
    }


def answer(*nodes: Any, end: str | None = None, left: float = 1948) -> Response:
    info = {"hasNextPage": end is not None, "endCursor": end}
    levels = {"nodes": nodes, "pageInfo": info}
    data = {"location": {"inventoryLevels": levels}}
    return json_response({"data": data, "extensions": cost(left=left)})


def adapter(**changes: Any) -> ShopifyAdapter:
    source = ShopifySource.model_validate(GIVEN | changes)
    return ShopifyAdapter(source, ShopifyCredentials(token=SecretStr("shpat_1")))


def variables(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body or b"")["variables"]
    return found


def shop(request: Request) -> Response:
    asked = variables(request)
    if asked["location"].endswith("/22"):
        return answer(level(1, 8), level(4, "many"))
    if asked["after"] is None:
        return answer(level(1, 5), level(2, -3), end="c1")
    return answer(level(3, 9, tracked=False))


def test_a_round_reads_every_page_of_every_location() -> None:
    done = run_round(adapter(), shop)
    assert done.levels == {
        ("11", "S-1"): 5,
        ("11", "S-2"): 0,
        ("11", "S-3"): None,
        ("22", "S-1"): 8,
    }
    assert done.skipped == ["tipo_errado"]
    assert {item.moment for item in done.items} == {datetime(2026, 3, 2, 11, tzinfo=UTC)}
    asked = [variables(request) for request in done.requests]
    assert [(each["location"], each["after"]) for each in asked] == [
        ("gid://shopify/Location/11", None),
        ("gid://shopify/Location/11", "c1"),
        ("gid://shopify/Location/22", None),
    ]
    request = done.requests[0]
    assert (request.method, request.target) == ("POST", "/admin/api/2026-10/graphql.json")
    assert request.headers["X-Shopify-Access-Token"] == "shpat_1"


def test_products_may_be_named_by_their_inventory_item() -> None:
    done = run_round(adapter(product_id="inventory_item"), shop)
    assert {item.id_produto for item in done.items} == {"1", "2", "3"}


def test_the_next_round_asks_for_what_was_updated_since() -> None:
    first = run_round(adapter(), shop)
    assert variables(first.requests[0])["filter"] is None
    again = run_round(adapter(), shop, cursor=first.cursor)
    filters = {variables(request)["filter"] for request in again.requests}
    assert filters == {"updated_at:>='2026-03-02T11:55:00Z'"}


def stocked(number: int, quantity: int | None, **changes: Any) -> dict[str, Any]:
    quantities = [{"quantity": quantity, "updatedAt": UPDATED}]
    at = None if quantity is None else {"quantities": quantities}
    item = {"legacyResourceId": str(number), "sku": f"S-{number}", "tracked": True}
    return item | {"inventoryLevel": at} | changes


def items(*nodes: Any, left: float = 1948) -> Response:
    return json_response({"data": {"nodes": nodes}, "extensions": cost(left=left)})


def test_single_items_are_read_at_every_location() -> None:
    answers = [
        items(stocked(1, 5), None, stocked(3, -1)),
        items(stocked(1, None), {}, stocked(3, 9, tracked=False)),
    ]
    done = read_again(adapter(), [1, 2, 3], lambda _: answers.pop(0))
    assert done.levels == {("11", "S-1"): 5, ("11", "S-3"): 0, ("22", "S-3"): None}
    assert done.skipped == ["tipo_errado"]
    assert done.items[0].moment == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert [variables(request) for request in done.requests] == [
        {
            "location": f"gid://shopify/Location/{location}",
            "items": [f"gid://shopify/InventoryItem/{number}" for number in (1, 2, 3)],
        }
        for location in (11, 22)
    ]


def test_points_and_errors_count_for_single_items_too() -> None:
    call = adapter().read_again([1], Start(None, datetime.now(UTC)))
    assert call.read(items(stocked(1, 5), left=2)).pause == 0.5
    errors = [{"extensions": {"code": "THROTTLED"}}]
    with pytest.raises(LimitedError):
        call.read(json_response({"errors": errors, "extensions": cost(left=2)}))
    with pytest.raises(UnreadableError, match="no list"):
        call.read(json_response({"data": {}}))


@pytest.mark.parametrize(
    ("left", "pause"),
    [pytest.param(52, 0.0, id="enough"), pytest.param(2, 0.5, id="50 points at 100 a second")],
)
def test_it_waits_until_there_are_points_for_the_next_query(left: float, pause: float) -> None:
    call = adapter().first(Start(None, datetime.now(UTC)))
    assert call.read(answer(level(1, 5), left=left)).pause == pause


def read_errors(codes: list[str], *, left: float) -> None:
    errors = [{"message": "no", "extensions": {"code": code}} for code in codes]
    document = {"errors": errors, "extensions": cost(left=left)}
    adapter().first(Start(None, datetime.now(UTC))).read(json_response(document))


def test_a_throttled_query_says_how_long_to_wait() -> None:
    with pytest.raises(LimitedError) as caught:
        read_errors(["THROTTLED"], left=2)
    assert caught.value.wait == 0.5


def test_another_error_is_named() -> None:
    with pytest.raises(UnreadableError, match="ACCESS_DENIED"):
        read_errors(["ACCESS_DENIED"], left=1000)


def test_only_the_beginning_of_a_code_is_named() -> None:
    with pytest.raises(UnreadableError) as caught:
        read_errors(["X" * 100_000], left=1000)
    assert str(caught.value) == "GraphQL errors: " + "X" * 50


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors":[{"extensions":"x"}]}',
        b'{"errors":[{"extensions":{"code":7}}]}',
        b'{"errors":[{"extensions":null}]}',
        b'{"errors":["x"]}',
        b'{"errors":"x"}',
    ],
)
def test_errors_of_another_shape_are_refused(body: bytes) -> None:
    call = adapter().first(Start(None, datetime.now(UTC)))
    with pytest.raises(UnreadableError):
        call.read(Response(200, {}, body))


def test_a_location_that_is_not_there_is_named() -> None:
    call = adapter().first(Start(None, datetime.now(UTC)))
    with pytest.raises(UnreadableError, match="no location 11"):
        call.read(json_response({"data": {"location": None}}))


def test_locations_must_be_named() -> None:
    with pytest.raises(ValidationError, match="location_names"):
        ShopifySource.model_validate(GIVEN | {"location_names": {}})
