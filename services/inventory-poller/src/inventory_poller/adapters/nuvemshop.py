"""Nuvemshop's (Tiendanube's) API, version 1: the variants of all products."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, Final, Literal
from urllib.parse import urlencode

import msgspec
from pydantic import Field, SecretStr

from inventory_poller.adapters.answer import available, moment_of, read_document, read_entries
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
from inventory_poller.adapters.webhook import ProductId, Webhook, as_hex, read_body

PAGE_SIZE: Final = 200


class NuvemshopCredentials(WebhookCredentials):
    """The access token of an app that the shop has installed, and the app's client secret for its
    webhooks."""

    token: SecretStr


class NuvemshopSource(LocatedSource):
    """A shop; `url` ends with its number. Several locations are named by `location_id`."""

    credentials: ClassVar[type[Credentials]] = NuvemshopCredentials

    api: Literal["nuvemshop"]
    url: str = Field(pattern=r"^https?://.+/v1/[0-9]+/?$")
    poll_seconds: float = Field(default=30.0, ge=0.1)
    resync_seconds: float | None = Field(default=3600.0, ge=60)
    requests_per_second: float | None = Field(default=2.0, gt=0)
    contact: str = Field(min_length=3)
    """An e-mail address or a URL, which the API demands in `User-Agent`."""
    product_id: Literal["product", "variant", "sku"] = "variant"
    """What the shop's events name as `id_produto`; `product` is for shops without variants."""

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, NuvemshopCredentials)
        return NuvemshopAdapter(self, credentials)

    def webhook(self) -> Webhook | None:
        """`product/created` and `product/updated` of this shop: other shops may have the app too.
        Each product is a request of its own."""
        shop = int(self.url.rstrip("/").rpartition("/")[2])
        return Webhook(
            header="x-linkedstore-hmac-sha256",
            encode_signature=as_hex,
            product_ids=partial(_product_ids, shop),
            most_at_once=20,
        )


class _Level(msgspec.Struct, frozen=True):
    location_id: str
    stock: float | None = None


class _Variant(msgspec.Struct, frozen=True):
    """`stock` is null where the stock is not tracked."""

    id: int
    sku: str | None = None
    stock: float | None = None
    inventory_levels: list[_Level] | None = None


class _Product(msgspec.Struct, frozen=True):
    id: int
    variants: list[msgspec.Raw]


class _Missing(msgspec.Struct, frozen=True):
    description: str = ""


class _Event(msgspec.Struct, frozen=True):
    """`id` is that of the product, the order or what else the event is about."""

    store_id: int
    event: str
    id: ProductId | None = None


_ENTRIES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_PRODUCT: Final = msgspec.json.Decoder(_Product)
_VARIANT: Final = msgspec.json.Decoder(_Variant)
_PRODUCT_EVENTS: Final = frozenset({"product/created", "product/updated"})
_MISSING: Final = msgspec.json.Decoder(_Missing)
_EVENT: Final = msgspec.json.Decoder(_Event, strict=False)
_ACCEPTED: Final = frozenset({200, 404})


class NuvemshopAdapter:
    """Reads page after page of products."""

    def __init__(self, source: NuvemshopSource, credentials: NuvemshopCredentials) -> None:
        self._product_id = source.product_id
        self._headers = {
            "Authentication": f"bearer {credentials.token.get_secret_value()}",
            "User-Agent": f"Vitrine ({source.contact})",
        }

    def first(self, start: Start) -> Call:
        """What was updated since the cursor, which is a moment; else all."""
        since = moment_of(start.cursor)
        more = {"updated_at_min": since.isoformat()} if since else {}
        return self._call(1, more, start.now)

    def read_again(self, products: Sequence[int], start: Start) -> Call:
        """One product after the other."""
        first, *others = products
        target = f"/products/{first}?" + urlencode({"fields": "id,variants"})
        request = Request(target=target, headers=self._headers, accepts=_ACCEPTED)
        return Call(request, partial(self._read_product, others, start))

    def _read_product(self, others: list[int], start: Start, response: Response) -> Page:
        """A product that was removed is not found."""
        found = [] if response.status == 404 else [msgspec.Raw(response.body)]
        items, skipped = self._read_products(found)
        following = self.read_again(others, start) if others else None
        return Page(items=items, skipped=skipped, next=following)

    def _call(self, page: int, more: Mapping[str, str], now: datetime) -> Call:
        query = {"page": page, "per_page": PAGE_SIZE, "fields": "id,variants", **more}
        request = Request(
            target="/products?" + urlencode(query), headers=self._headers, accepts=_ACCEPTED
        )
        return Call(request, partial(self._read, page, more, now))

    def _read(self, page: int, more: Mapping[str, str], now: datetime, response: Response) -> Page:
        done = (now - OVERLAP).isoformat()
        if response.status == 404:
            _check_end(page, response)
            return Page(cursor=done)
        entries = read_document(response, _ENTRIES)
        items, skipped = self._read_products(entries)
        is_last = len(entries) < PAGE_SIZE
        return Page(
            items=items,
            skipped=skipped,
            next=None if is_last else self._call(page + 1, more, now),
            cursor=done if is_last else None,
        )

    def _read_products(self, entries: list[msgspec.Raw]) -> tuple[list[Item], tuple[str, ...]]:
        products, skipped = read_entries(entries, _PRODUCT)
        items: list[Item] = []
        for product in products:
            variants, wrong = read_entries(product.variants, _VARIANT)
            skipped += wrong
            items += [item for each in variants for item in self._items(product, each)]
        return items, skipped

    def _items(self, product: _Product, variant: _Variant) -> list[Item]:
        """One for each location, or one where the shop has only one and names none."""
        names = {"product": str(product.id), "variant": str(variant.id), "sku": variant.sku or ""}
        name = names[self._product_id]
        if not variant.inventory_levels:
            return [Item(name, _level(variant.stock))]
        return [
            Item(name, _level(each.stock), location=each.location_id)
            for each in variant.inventory_levels
        ]


def _product_ids(shop: int, body: bytes) -> list[int]:
    event = read_body(body, _EVENT)
    wanted = event.store_id == shop and event.event in _PRODUCT_EVENTS
    return [event.id] if wanted and event.id else []


def _check_end(page: int, response: Response) -> None:
    """A page behind the last is no empty page but a 404, also the first page of an empty list.
    UnreadableError where the shop itself is not found."""
    if page > 1:
        return
    if not read_document(response, _MISSING).description.startswith("Last page is"):
        raise UnreadableError("status 404: no such shop")


def _level(stock: float | None) -> int | None:
    return None if stock is None else available(stock)
