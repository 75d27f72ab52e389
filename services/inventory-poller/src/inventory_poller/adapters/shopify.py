"""Shopify's GraphQL Admin API: the inventory levels of each location."""

from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Final, Literal

import msgspec
from pydantic import Field, SecretStr

from inventory_poller.adapters.answer import available, moment_of, read_document, read_entries
from inventory_poller.adapters.contract import (
    OVERLAP,
    Adapter,
    Call,
    Credentials,
    Item,
    LimitedError,
    LocatedSource,
    Page,
    Request,
    Response,
    Start,
    UnreadableError,
)

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
_THROTTLED: Final = "THROTTLED"
_LONGEST_CODE: Final = 50
"""Of an error's code in the log."""


class ShopifyCredentials(Credentials):
    """The access token of an app with the scope `read_inventory`."""

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


class _InventoryItem(msgspec.Struct, frozen=True, rename="camel"):
    legacy_resource_id: str | int
    tracked: bool
    sku: str | None = None


class _Quantity(msgspec.Struct, frozen=True, rename="camel"):
    quantity: int
    updated_at: datetime | None = None


class _Level(msgspec.Struct, frozen=True):
    item: _InventoryItem
    quantities: list[_Quantity]


class _PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Levels(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: _PageInfo


class _Location(msgspec.Struct, frozen=True, rename="camel"):
    inventory_levels: _Levels


class _Data(msgspec.Struct, frozen=True):
    location: _Location | None = None


class _Throttle(msgspec.Struct, frozen=True, rename="camel"):
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, frozen=True, rename="camel"):
    requested_query_cost: float
    throttle_status: _Throttle


class _Extensions(msgspec.Struct, frozen=True):
    cost: _Cost | None = None


class _ErrorExtensions(msgspec.Struct, frozen=True):
    code: str | None = None


class _Error(msgspec.Struct, frozen=True):
    extensions: _ErrorExtensions | None = None


class _Answer(msgspec.Struct, frozen=True):
    data: _Data | None = None
    errors: list[_Error] | str | None = None
    extensions: _Extensions | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_LEVEL: Final = msgspec.json.Decoder(_Level)
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
        request = Request(
            target=self._target,
            method="POST",
            headers=self._headers,
            body=_encode({"query": _QUERY, "variables": variables}),
        )
        return Call(request, partial(self._read, left, changed, now))

    def _read(
        self, left: tuple[str, ...], changed: str | None, now: datetime, response: Response
    ) -> Page:
        answer = read_document(response, _ANSWER)
        pause = _pause(answer.extensions)
        _check(answer, pause)
        if answer.data is None or answer.data.location is None:
            raise UnreadableError(f"no location {left[0]}")
        levels = answer.data.location.inventory_levels
        nodes, skipped = read_entries(levels.nodes, _LEVEL)
        following: Call | None = None
        if levels.page_info.has_next_page:
            following = self._call(left, levels.page_info.end_cursor, changed, now)
        elif left[1:]:
            following = self._call(left[1:], None, changed, now)
        return Page(
            items=[self._item(level, left[0]) for level in nodes],
            skipped=skipped,
            next=following,
            cursor=None if following else _text(now - OVERLAP),
            pause=pause,
        )

    def _item(self, level: _Level, location: str) -> Item:
        item, found = level.item, level.quantities[0] if level.quantities else None
        name = item.sku or "" if self._by_sku else str(item.legacy_resource_id)
        if not item.tracked or found is None:
            return Item(name, None, location=location)
        return Item(name, available(found.quantity), found.updated_at, location)


def _check(answer: _Answer, pause: float) -> None:
    """LimitedError or UnreadableError where the answer is an error, whose status is 200 too."""
    if not answer.errors:
        return
    errors = answer.errors if isinstance(answer.errors, list) else []
    given = {each.extensions.code for each in errors if each.extensions}
    codes = {code[:_LONGEST_CODE] for code in given if code}
    if _THROTTLED in codes:
        raise LimitedError("throttled", wait=pause or None)
    raise UnreadableError(f"GraphQL errors: {', '.join(sorted(codes)) or 'without a code'}")


def _pause(extensions: _Extensions | None) -> float:
    """Seconds until there are points enough for a query of the same cost."""
    if extensions is None or extensions.cost is None:
        return 0.0
    throttle = extensions.cost.throttle_status
    lacking = extensions.cost.requested_query_cost - throttle.currently_available
    return max(lacking, 0.0) / throttle.restore_rate if throttle.restore_rate > 0 else 0.0


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
