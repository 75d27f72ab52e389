"""Whatever an API answers: every adapter reads it or refuses it, and what comes of it is a valid
record or counted."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from event_contracts.estoque import AtualizacaoEstoque, decode_estoque, encode_estoque
from inventory_poller.adapters.contract import (
    Call,
    Item,
    LimitedError,
    Page,
    Response,
    Source,
    Start,
    UnreadableError,
    WebhookAdapter,
)
from inventory_poller.adapters.webhook import WrongBodyError
from inventory_poller.changes import MAX_LOCATIONS, ChangeFilter, Known, Outcome
from inventory_poller.sources import StockApi, credentials_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKENS = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
SOURCES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "vitrine": ({}, {}),
    "generic": (
        {"items": "a", "product": "b", "level": "c", "moment": "d", "next_page": "e"},
        {},
    ),
    "woocommerce": ({}, {"consumer_key": "a", "consumer_secret": "b"}),
    "nuvemshop": ({"url": "https://x.example/v1/1", "contact": "a@b"}, {"token": "a"}),
    "shopify": ({"location_names": {"1": "a", "2": "b"}}, {"token": "a"}),
    "vtex": ({}, {"app_key": "a", "app_token": "b"}),
    "bling": ({}, TOKENS),
}
KEYS = [
    "estoque",
    "proximo",
    "mais",
    "id_produto",
    "nivel_estoque",
    "ultima_atualizacao",
    "id_armazem",
    "a",
    "b",
    "c",
    "d",
    "e",
    "id",
    "sku",
    "type",
    "manage_stock",
    "stock_quantity",
    "variants",
    "stock",
    "inventory_levels",
    "location_id",
    "data",
    "location",
    "inventoryLevels",
    "nodes",
    "pageInfo",
    "hasNextPage",
    "endCursor",
    "item",
    "legacyResourceId",
    "tracked",
    "quantities",
    "quantity",
    "updatedAt",
    "errors",
    "extensions",
    "cost",
    "requestedQueryCost",
    "throttleStatus",
    "code",
    "balance",
    "currentlyAvailable",
    "restoreRate",
    "warehouseId",
    "totalQuantity",
    "reservedQuantity",
    "access_token",
    "refresh_token",
    "produto",
    "saldoVirtualTotal",
    "depositos",
    "saldoVirtual",
    "inventoryLevel",
    "inventory_item_id",
    "parent_id",
    "event",
    "store_id",
]
WITH_WEBHOOKS = ("woocommerce", "nuvemshop", "shopify", "bling")
READINGS = [*((api, False) for api in SOURCES), *((api, True) for api in WITH_WEBHOOKS)]
"""By API, and whether single products are read."""
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.sampled_from(["2026-03-02T11:00:00Z", "0001-01-01T00:00:00+23:59", "12", "http://["])
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)
HEADERS = st.dictionaries(
    st.sampled_from(["etag", "last-modified", "x-wp-totalpages"]),
    st.text(max_size=5) | st.just("9" * 5000),
)


def source(api: str) -> Source:
    given = {"id": "loja", "api": api, "url": "https://x.example", **SOURCES[api][0]}
    found: Source = TypeAdapter(StockApi).validate_python(given)
    return found


def reading(api: str, *, again: bool) -> tuple[Source, Call]:
    found, start = source(api), Start(None, NOW)
    text = msgspec.json.encode({"loja": SOURCES[api][1]}).decode()
    adapter = found.adapter(credentials_of(found, text))
    if not again:
        return found, adapter.first(start)
    assert isinstance(adapter, WebhookAdapter)
    return found, adapter.read_again([1, 2], start)


def read(call: Call, response: Response) -> Page:
    try:
        return call.read(response)
    except (UnreadableError, LimitedError):
        return Page()


@pytest.mark.parametrize(("api", "again"), READINGS)
@settings(max_examples=30, deadline=None)
@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=3), headers=HEADERS)
def test_any_json(api: str, again: bool, documents: list[Any], headers: dict[str, str]) -> None:
    asked, call = reading(api, again=again)
    change_filter, known = ChangeFilter(asked.id, asked.locations()), {}
    for document in documents:
        page = read(call, Response(200, headers, msgspec.json.encode(document)))
        found = change_filter.changes(page.items, known, asked_at=NOW)
        assert found.outcomes.total() == len(page.items)
        for update in found.updates:
            record = decode_estoque(encode_estoque(update), received_at=NOW)
            assert isinstance(record, AtualizacaoEstoque)
        call = page.next or call


@pytest.mark.parametrize(("api", "again"), READINGS)
@settings(max_examples=20, deadline=None)
@given(body=st.binary(max_size=40), status=st.sampled_from([200, 304, 401, 404, 410]))
def test_any_bytes(api: str, again: bool, body: bytes, status: int) -> None:
    _, call = reading(api, again=again)
    if status in call.request.accepts:
        read(call, Response(status, {}, body))


ODD_JSON = [b"[" * 100_000, b'{"a":' * 100_000, b'"\\ud800"', b"1e999"]


@pytest.mark.parametrize(("api", "again"), READINGS)
@pytest.mark.parametrize("body", ODD_JSON)
def test_odd_json(api: str, again: bool, body: bytes) -> None:
    _, call = reading(api, again=again)
    assert read(call, Response(200, {}, body)).items == []


def named(api: str, body: bytes) -> list[int]:
    webhook = source(api).webhook()
    assert webhook is not None
    try:
        return webhook.product_ids(body)
    except WrongBodyError:
        return []


@pytest.mark.parametrize("api", WITH_WEBHOOKS)
@settings(deadline=None)
@given(document=DOCUMENTS)
def test_any_webhook(api: str, document: Any) -> None:
    assert all(1 <= each < 2**63 for each in named(api, msgspec.json.encode(document)))


@pytest.mark.parametrize("api", WITH_WEBHOOKS)
@pytest.mark.parametrize("body", ODD_JSON)
def test_odd_webhooks(api: str, body: bytes) -> None:
    assert named(api, body) == []


def test_an_api_that_invents_products_is_not_followed_without_end() -> None:
    change_filter = ChangeFilter("loja", {}, max_products=3)
    items = [Item("p9", 2), *(item(f"p{number}") for number in range(5))]
    known = {"loja": {"p9": Known(1, NOW)}}
    found = change_filter.changes(items, known, asked_at=NOW)
    assert found.outcomes == {Outcome.EMITTED: 1 + 2, Outcome.TOO_MANY: 3}


def test_an_api_that_invents_locations_is_not_followed_without_end() -> None:
    known = {f"loja.{number}": {"p1": Known(1, NOW)} for number in range(MAX_LOCATIONS)}
    found = ChangeFilter("loja", {}).changes(
        [item("p1", "x"), item("p2", "7")], known, asked_at=NOW
    )
    assert found.outcomes == {Outcome.OTHER_LOCATION: 1, Outcome.EMITTED: 1}


def test_one_page_cannot_invent_locations_without_end_either() -> None:
    items = [item(f"p{number}", str(number)) for number in range(MAX_LOCATIONS + 1)]
    items += [item("p", "0"), item("p", str(MAX_LOCATIONS))]
    found = ChangeFilter("loja", {}).changes(items, {}, asked_at=NOW)
    assert found.outcomes == {Outcome.EMITTED: MAX_LOCATIONS + 1, Outcome.OTHER_LOCATION: 2}
    assert len({each.id_armazem for each in found.updates}) == MAX_LOCATIONS


def item(product: str, location: str | None = None) -> Item:
    return Item(product, 1, None, location)
