"""Shopify's GraphQL Admin API: the inventory levels of each location."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final, Literal

import msgspec
from pydantic import Field, SecretStr

from inventory_poller.adapters.answer import available, moment_of, read_entries
from inventory_poller.adapters.contract import (
    OVERLAP,
    Adapter,
    Call,
    Credentials,
    Item,
    LocatedSource,
    Page,
    Request,
    Response,
    Start,
    UnreadableError,
    WebhookCredentials,
)
from inventory_poller.adapters.shopify_answer import (
    InventoryItem,
    Level,
    Quantity,
    StockedItem,
    read_data,
)
from inventory_poller.adapters.webhook import ProductId, Webhook, as_base64, read_body

PAGE_SIZE: Final = 100
_QUERY: Final = """
query Stock($location: ID!, $first: Int!, $after: String, $filter: String) {
  location(id: $location) {
    inventoryLevels(first: $first, after: $after, query: $filter) {
      nodes {
        item { legacyResourceId sku tracked }
        quantities(names: ["available"]) { quantity updatedAt }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
_ITEMS_QUERY: Final = """
query Items($location: ID!, $items: [ID!]!) {
  nodes(ids: $items) {
    ... on InventoryItem {
      legacyResourceId sku tracked
      inventoryLevel(locationId: $location) {
        quantities(names: ["available"]) { quantity updatedAt }
      }
    }
  }
}
"""


class ShopifyCredentials(WebhookCredentials):
    """The access token of an app with the scope `read_inventory`, and the app's client secret for
    its webhooks."""

    token: SecretStr


class ShopifySource(LocatedSource):
    """A shop; `url` is `https://<shop>.myshopify.com`."""

    credentials: ClassVar[type[Credentials]] = ShopifyCredentials

    api: Literal["shopify"]
    poll_seconds: float = Field(default=30.0, ge=0.1)
    resync_seconds: float | None = Field(default=3600.0, ge=60)
    version: str = Field(default="2026-10", pattern="^[0-9]{4}-[0-9]{2}$")
    product_id: Literal["sku", "inventory_item"] = "sku"
    """What the shop's events name as `id_produto`."""
    location_names: dict[str, str] = Field(min_length=1)
    """`id_armazem` by the number of each location that is read."""

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, ShopifyCredentials)
        return ShopifyAdapter(self, credentials)

    def webhook(self) -> Webhook | None:
        """`inventory_levels/update`, and every other topic whose body names an inventory item."""
        return Webhook(
            header="x-shopify-hmac-sha256", encode_signature=as_base64, product_ids=_product_ids
        )


class _Event(msgspec.Struct, frozen=True):
    inventory_item_id: ProductId | None = None


_EVENT: Final = msgspec.json.Decoder(_Event, strict=False)
_LEVEL: Final = msgspec.json.Decoder(Level)
_ITEM: Final = msgspec.json.Decoder(StockedItem | None)
_encode: Final = msgspec.json.Encoder().encode


class ShopifyAdapter:
    """Reads location after location, each page after page."""

    def __init__(self, source: ShopifySource, credentials: ShopifyCredentials) -> None:
        self._by_sku = source.product_id == "sku"
        self._target = f"/admin/api/{source.version}/graphql.json"
        self._locations = tuple(source.location_names)
        self._headers = {
            "X-Shopify-Access-Token": credentials.token.get_secret_value(),
            "Content-Type": "application/json",
        }

    def first(self, start: Start) -> Call:
        """What was updated since the cursor, which is a moment; else all."""
        since = moment_of(start.cursor)
        changed = f"updated_at:>='{_text(since)}'" if since else None
        return self._call(self._locations, None, changed, start.now)

    def read_again(self, products: Sequence[int], _start: Start) -> Call:
        """The inventory items at one location after the other."""
        return self._call_items(self._locations, tuple(products))

    def _request(self, query: str, variables: Mapping[str, object]) -> Request:
        return Request(
            target=self._target,
            method="POST",
            headers=self._headers,
            body=_encode({"query": query, "variables": variables}),
        )

    def _call(
        self, left: tuple[str, ...], after: str | None, changed: str | None, now: datetime
    ) -> Call:
        """Ask for a page of the first of the locations that are left."""
        variables = {
            "location": f"gid://shopify/Location/{left[0]}",
            "first": PAGE_SIZE,
            "after": after,
            "filter": changed,
        }
        return Call(self._request(_QUERY, variables), partial(self._read, left, changed, now))

    def _read(
        self, left: tuple[str, ...], changed: str | None, now: datetime, response: Response
    ) -> Page:
        data, pause = read_data(response)
        if data.location is None:
            raise UnreadableError(f"no location {left[0]}")
        levels = data.location.inventory_levels
        nodes, skipped = read_entries(levels.nodes, _LEVEL)
        following: Call | None = None
        if levels.page_info.has_next_page:
            following = self._call(left, levels.page_info.end_cursor, changed, now)
        elif left[1:]:
            following = self._call(left[1:], None, changed, now)
        return Page(
            items=[self._item(level.item, level.quantities, left[0]) for level in nodes],
            skipped=skipped,
            next=following,
            cursor=None if following else _text(now - OVERLAP),
            pause=pause,
        )

    def _call_items(self, left: tuple[str, ...], items: tuple[int, ...]) -> Call:
        """Ask for the items at the first of the locations that are left."""
        variables = {
            "location": f"gid://shopify/Location/{left[0]}",
            "items": [f"gid://shopify/InventoryItem/{each}" for each in items],
        }
        request = self._request(_ITEMS_QUERY, variables)
        return Call(request, partial(self._read_items, left, items))

    def _read_items(
        self, left: tuple[str, ...], items: tuple[int, ...], response: Response
    ) -> Page:
        """An item that was removed is null."""
        data, pause = read_data(response)
        if data.nodes is None:
            raise UnreadableError("no list of inventory items")
        found, skipped = read_entries(data.nodes, _ITEM)
        return Page(
            items=[
                self._item(item, item.inventory_level.quantities, left[0])
                for item in found
                if item and item.inventory_level
            ],
            skipped=skipped,
            next=self._call_items(left[1:], items) if left[1:] else None,
            pause=pause,
        )

    def _item(self, item: InventoryItem, quantities: list[Quantity], location: str) -> Item:
        found = quantities[0] if quantities else None
        name = item.sku or "" if self._by_sku else str(item.legacy_resource_id)
        if found is None:
            return Item(name, None, location=location)
        level = available(found.quantity) if item.tracked else None
        return Item(name, level, found.updated_at, location)


def _product_ids(body: bytes) -> list[int]:
    found = read_body(body, _EVENT).inventory_item_id
    return [found] if found else []


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
