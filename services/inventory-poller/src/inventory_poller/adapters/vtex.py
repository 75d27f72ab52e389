"""VTEX: the list of SKUs of the catalogue, then the inventory of each SKU, at a pace."""

from functools import partial
from typing import ClassVar, Final, Literal
from urllib.parse import quote, urlencode

import msgspec
from pydantic import Field, SecretStr

from inventory_poller.adapters.answer import available, read_document, read_entries
from inventory_poller.adapters.contract import (
    Adapter,
    Call,
    Credentials,
    Item,
    LocatedSource,
    Page,
    Request,
    Response,
    Start,
)

PAGE_SIZE: Final = 1000


class VtexCredentials(Credentials):
    """An application key that may view the catalogue and the inventory."""

    app_key: SecretStr
    app_token: SecretStr


class VtexSource(LocatedSource):
    """An account; `url` is `https://<account>.vtexcommercestable.com.br`. A location is named
    by its `warehouseId`."""

    credentials: ClassVar[type[Credentials]] = VtexCredentials

    api: Literal["vtex"]
    poll_seconds: float = Field(default=60.0, ge=0.1)
    requests_per_second: float | None = Field(default=10.0, gt=0)
    max_requests: int = Field(default=500_000, ge=1)

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, VtexCredentials)
        return VtexAdapter(credentials)


class _Balance(msgspec.Struct, frozen=True, rename="camel"):
    warehouse_id: str
    total_quantity: float
    reserved_quantity: float = 0
    has_unlimited_quantity: bool = False


class _Inventory(msgspec.Struct, frozen=True):
    balance: list[msgspec.Raw]


_SKUS: Final = msgspec.json.Decoder(list[int])
_INVENTORY: Final = msgspec.json.Decoder(_Inventory)
_BALANCE: Final = msgspec.json.Decoder(_Balance)


class VtexAdapter:
    """Reads a page of SKUs, then each of them. The cursor is the next page, so that a round which
    was broken off goes on there."""

    def __init__(self, credentials: VtexCredentials) -> None:
        self._headers = {
            "X-VTEX-API-AppKey": credentials.app_key.get_secret_value(),
            "X-VTEX-API-AppToken": credentials.app_token.get_secret_value(),
            "Accept": "application/json",
        }

    def first(self, start: Start) -> Call:
        """The page of the cursor, or the first."""
        cursor = start.cursor or ""
        return self._list(int(cursor) if cursor.isdecimal() else 1)

    def _list(self, page: int) -> Call:
        query = urlencode({"page": page, "pagesize": PAGE_SIZE})
        request = Request(
            target=f"/api/catalog_system/pvt/sku/stockkeepingunitids?{query}",
            headers=self._headers,
        )
        return Call(request, partial(self._read_list, page))

    def _read_list(self, page: int, response: Response) -> Page:
        skus = read_document(response, _SKUS)
        if not skus:
            return Page(cursor="1")
        following = page + 1 if len(skus) >= PAGE_SIZE else None
        return Page(next=self._inventory(tuple(skus), following))

    def _inventory(self, skus: tuple[int, ...], following: int | None) -> Call:
        request = Request(
            target=f"/api/logistics/pvt/inventory/skus/{quote(str(skus[0]))}",
            headers=self._headers,
            # Of a SKU that was deleted since it was listed.
            accepts=frozenset({200, 404}),
        )
        return Call(request, partial(self._read_inventory, skus, following))

    def _read_inventory(
        self, skus: tuple[int, ...], following: int | None, response: Response
    ) -> Page:
        sku, left = str(skus[0]), skus[1:]
        items, skipped = ([], ()) if response.status == 404 else _read_balances(sku, response)
        if left:
            return Page(items=items, skipped=skipped, next=self._inventory(left, following))
        return Page(
            items=items,
            skipped=skipped,
            next=self._list(following) if following else None,
            cursor=str(following or 1),
        )


def _read_balances(sku: str, response: Response) -> tuple[list[Item], tuple[str, ...]]:
    balances, skipped = read_entries(read_document(response, _INVENTORY).balance, _BALANCE)
    return [_item(sku, balance) for balance in balances], skipped


def _item(sku: str, balance: _Balance) -> Item:
    level = available(balance.total_quantity, balance.reserved_quantity)
    tracked = None if balance.has_unlimited_quantity else level
    return Item(sku, tracked, location=balance.warehouse_id)
