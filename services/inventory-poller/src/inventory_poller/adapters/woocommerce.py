"""WooCommerce's REST API, version 3: products, and the variations of each variable product."""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
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
    Page,
    Request,
    Response,
    Source,
    Start,
    WebhookCredentials,
)
from inventory_poller.adapters.webhook import ProductId, Webhook, as_base64, read_body

PAGE_SIZE: Final = 100
_PRODUCTS: Final = "/wp-json/wc/v3/products"
_FIELDS: Final = "id,sku,type,manage_stock,stock_quantity"
_PING: Final = re.compile(rb"webhook_id=[0-9]+")
"""A form, which a shop sends when a webhook is saved."""


class WooCommerceCredentials(WebhookCredentials):
    """A consumer key that may read, and the secret that was entered for the webhooks."""

    consumer_key: SecretStr
    consumer_secret: SecretStr


class WooCommerceSource(Source):
    """A shop. An order changes a product's stock and, in many versions, not its date. So all is
    read again every `resync_seconds`, and in between only what was edited."""

    credentials: ClassVar[type[Credentials]] = WooCommerceCredentials

    api: Literal["woocommerce"]
    poll_seconds: float = Field(default=60.0, ge=0.1)
    resync_seconds: float | None = Field(default=300.0, ge=60)
    product_id: Literal["id", "sku"] = "id"
    """What the shop's events name as `id_produto`."""

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, WooCommerceCredentials)
        return WooCommerceAdapter(self, credentials)

    def webhook(self) -> Webhook | None:
        """`product.updated`, and every other topic whose body is a product."""
        return Webhook(
            header="x-wc-webhook-signature",
            encode_signature=as_base64,
            product_ids=_product_ids,
            is_ping=lambda body: _PING.fullmatch(body) is not None,
        )


class _Product(msgspec.Struct, frozen=True):
    """A product or a variation. `manage_stock` is `parent` where the product's own stock counts."""

    id: int
    sku: str = ""
    type: str = "variation"
    manage_stock: bool | str = False
    stock_quantity: float | None = None


class _Event(msgspec.Struct, frozen=True):
    """A product or a variation has a `type`; no order, customer or coupon has one, nor has a
    product that was deleted. The `parent_id` of what has no parent is 0."""

    id: ProductId | None = None
    type: str | None = None
    parent_id: int = 0


_ENTRIES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_PRODUCT: Final = msgspec.json.Decoder(_Product)
_EVENT: Final = msgspec.json.Decoder(_Event, strict=False)
_Path = tuple[str, int, tuple[tuple[str, str], ...]]
"""A path, the number of the page, and further parameters."""


class WooCommerceAdapter:
    """Reads a page of products, then the variations of its variable ones, then the next page."""

    def __init__(self, source: WooCommerceSource, credentials: WooCommerceCredentials) -> None:
        self._by_sku = source.product_id == "sku"
        key = credentials.consumer_key.get_secret_value()
        secret = credentials.consumer_secret.get_secret_value()
        basic = b64encode(f"{key}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}"}

    def first(self, start: Start) -> Call:
        """What was modified since the cursor, which is a moment; else all."""
        since = moment_of(start.cursor)
        more = {"modified_after": _text(since), "dates_are_gmt": "true"} if since else {}
        return self._call([(_PRODUCTS, 1, tuple(more.items()))], start.now)

    def read_again(self, products: Sequence[int], start: Start) -> Call:
        """These products, and the variations of the variable ones."""
        wanted = ("include", ",".join(map(str, products)))
        return self._call([(_PRODUCTS, 1, (wanted,))], start.now)

    def _call(self, left: list[_Path], now: datetime) -> Call:
        """Ask for the first of the pages that are left."""
        (path, page, more), *others = left
        query = {"per_page": PAGE_SIZE, "page": page, "orderby": "id", "order": "asc"}
        target = f"{path}?" + urlencode(query | dict(more) | {"_fields": _FIELDS})
        request = Request(target=target, headers=self._headers)
        return Call(request, partial(self._read, left[0], others, now))

    def _read(self, asked: _Path, others: list[_Path], now: datetime, response: Response) -> Page:
        entries = read_document(response, _ENTRIES)
        products, skipped = read_entries(entries, _PRODUCT)
        path, page, more = asked
        parents = [product for product in products if product.type.startswith("variable")]
        left: list[_Path] = [(f"{_PRODUCTS}/{each.id}/variations", 1, ()) for each in parents]
        if _has_more(response, page, len(entries)):
            left.append((path, page + 1, more))
        left += others
        return Page(
            items=[item for product in products if (item := self._item(product))],
            skipped=skipped,
            next=self._call(left, now) if left else None,
            cursor=None if left else _text(now - OVERLAP),
        )

    def _item(self, product: _Product) -> Item | None:
        """None for what has its stock elsewhere: in its variations, or in its parent."""
        tracked = product.manage_stock is True
        if not tracked and (
            product.type.startswith("variable") or product.manage_stock == "parent"
        ):
            return None
        level = product.stock_quantity if tracked else None
        name = product.sku if self._by_sku else str(product.id)
        return Item(name, None if level is None else available(level))


def _product_ids(body: bytes) -> list[int]:
    """A variation is read with its product, since the list of products holds none."""
    event = read_body(body, _EVENT)
    if event.type is None:
        return []
    found = event.parent_id if event.type.endswith("variation") else event.id
    return [found] if found and found > 0 else []


def _has_more(response: Response, page: int, count: int) -> bool:
    total = response.headers.get("x-wp-totalpages", "")
    if total.isdecimal() and len(total) < 10:
        return page < int(total)
    return count >= PAGE_SIZE


def _text(moment: datetime) -> str:
    """As WordPress writes a moment in GMT, which has no offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
