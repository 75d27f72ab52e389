"""Bling's API, version 3: a page of products, then their balances. Its refresh token rotates."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import ClassVar, Final, Literal
from urllib.parse import urlencode

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
    UnreadableError,
)
from inventory_poller.adapters.webhook import ProductId, Webhook, as_hex, read_body

PAGE_SIZE: Final = 100
_ACCEPTED: Final = frozenset({200, 401})


class BlingCredentials(Credentials):
    """Of an app; the refresh token is the one that its authorization gave. Each use gives a new
    one, which is kept in the state file."""

    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr

    def signing_secret(self) -> SecretStr | None:
        """The same that proves who asks for a token."""
        return self.client_secret


class BlingSource(LocatedSource):
    """An account; `url` is `https://api.bling.com.br/Api/v3`. A location is a `deposito`,
    named by its number."""

    credentials: ClassVar[type[Credentials]] = BlingCredentials

    api: Literal["bling"]
    poll_seconds: float = Field(default=300.0, ge=0.1)
    requests_per_second: float | None = Field(default=1.3, gt=0)
    """The API allows 3, and 120,000 a day."""
    product_id: Literal["id", "codigo"] = "id"
    """What the shop's events name as `id_produto`."""

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, BlingCredentials)
        return BlingAdapter(self, credentials)

    def webhook(self) -> Webhook | None:
        """The events of `stock` and `virtual_stock`."""
        return Webhook(
            header="x-bling-signature-256",
            encode_signature=_encode_signature,
            product_ids=_product_ids,
        )


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str


class _Saved(msgspec.Struct, frozen=True):
    """`given` tells which configured refresh token these come from; another one voids them."""

    tokens: _Tokens
    given: str


class _Product(msgspec.Struct, frozen=True):
    id: int
    codigo: str = ""


class _List(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]


class _Location(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    saldo_virtual: float


class _OfProduct(msgspec.Struct, frozen=True):
    id: int


class _Balance(msgspec.Struct, frozen=True, rename="camel"):
    produto: _OfProduct
    saldo_virtual_total: float
    depositos: list[_Location] = []


class _Event(msgspec.Struct, frozen=True):
    event: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _NamedProduct(msgspec.Struct, frozen=True):
    id: ProductId


class _StockEvent(msgspec.Struct, frozen=True):
    produto: _NamedProduct


_LIST: Final = msgspec.json.Decoder(_List)
_PRODUCT: Final = msgspec.json.Decoder(_Product)
_BALANCE: Final = msgspec.json.Decoder(_Balance)
_TOKENS: Final = msgspec.json.Decoder(_Tokens)
_EVENT: Final = msgspec.json.Decoder(_Event)
_PRODUCT_EVENTS: Final = frozenset({"stock", "virtual_stock"})
_STOCK_EVENT: Final = msgspec.json.Decoder(_StockEvent, strict=False)
_SAVED: Final = msgspec.json.Decoder(_Saved)
_encode: Final = msgspec.json.Encoder().encode


class BlingAdapter:
    """Reads page after page of products, each with its balances.

    A balance has no moment and products no date of their stock, so each round reads all.
    """

    def __init__(self, source: BlingSource, credentials: BlingCredentials) -> None:
        self._by_code = source.product_id == "codigo"
        identity = (
            f"{credentials.client_id.get_secret_value()}:"
            f"{credentials.client_secret.get_secret_value()}"
        )
        self._basic = b64encode(identity.encode()).decode()
        self._refresh_token = credentials.refresh_token.get_secret_value()
        self._given = sha256(self._refresh_token.encode()).hexdigest()

    def first(self, start: Start) -> Call:
        """The first page of products, behind a new access token where none is known."""
        return self._begin(partial(self._products, 1, ()), start)

    def read_again(self, products: Sequence[int], start: Start) -> Call:
        """Read these products with their balances; one that a round would not list is left out."""
        return self._begin(partial(self._products, 1, tuple(products)), start)

    def _begin(self, ask: Callable[[_Tokens], Call], start: Start) -> Call:
        tokens = self._saved(start.credential)
        if tokens is None:
            return self._refresh(self._refresh_token, ask)
        return self._authorized(tokens, ask)

    def _saved(self, credential: str | None) -> _Tokens | None:
        try:
            saved = _SAVED.decode(credential) if credential else None
        except msgspec.MsgspecError:
            return None
        return saved.tokens if saved and saved.given == self._given else None

    def _refresh(self, refresh_token: str, then: Callable[[_Tokens], Call]) -> Call:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        headers = {
            "Authorization": f"Basic {self._basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        request = Request(
            target="/oauth/token", method="POST", headers=headers, body=urlencode(form).encode()
        )

        def read(response: Response) -> Page:
            tokens = read_document(response, _TOKENS)
            saved = _encode(_Saved(tokens, self._given)).decode()
            return Page(next=then(tokens), credential=saved)

        return Call(request, read)

    def _authorized(self, tokens: _Tokens, ask: Callable[[_Tokens], Call]) -> Call:
        """The call, or the same after a refresh where the access token has expired."""
        call = ask(tokens)

        def read(response: Response) -> Page:
            if response.status == 401:
                return Page(next=self._refresh(tokens.refresh_token, ask))
            return call.read(response)

        return Call(call.request, read)

    def _get(self, tokens: _Tokens, target: str, read: Callable[[Response], Page]) -> Call:
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        return Call(Request(target=target, headers=headers, accepts=_ACCEPTED), read)

    def _products(self, page: int, only: tuple[int, ...], tokens: _Tokens) -> Call:
        """A page of all products, or those of `only`, which are at most a page."""
        wanted = [("idsProdutos[]", each) for each in only]
        query = urlencode([("pagina", page), ("limite", PAGE_SIZE), ("criterio", 2), *wanted])
        read = partial(self._read_products, None if only else page + 1, tokens)
        return self._get(tokens, f"/produtos?{query}", read)

    def _read_products(self, further: int | None, tokens: _Tokens, response: Response) -> Page:
        entries = _list(response)
        if not entries:
            return Page()
        products, skipped = read_entries(entries, _PRODUCT)
        following = further if len(entries) >= PAGE_SIZE else None
        ask = partial(self._balances, products, following)
        return Page(skipped=skipped, next=self._authorized(tokens, ask))

    def _balances(self, products: list[_Product], following: int | None, tokens: _Tokens) -> Call:
        query = urlencode([("idsProdutos[]", each.id) for each in products])
        names = {each.id: each.codigo if self._by_code else str(each.id) for each in products}
        read = partial(self._read_balances, names, following, tokens)
        return self._get(tokens, f"/estoques/saldos?{query}", read)

    def _read_balances(
        self,
        names: Mapping[int, str],
        following: int | None,
        tokens: _Tokens,
        response: Response,
    ) -> Page:
        balances, skipped = read_entries(_list(response), _BALANCE)
        ask = partial(self._products, following, ()) if following else None
        return Page(
            items=[item for each in balances for item in _items(names, each)],
            skipped=skipped,
            next=self._authorized(tokens, ask) if ask else None,
        )


def _encode_signature(signature: bytes) -> str:
    return f"sha256={as_hex(signature)}"


def _product_ids(body: bytes) -> list[int]:
    event = read_body(body, _EVENT)
    if event.event.partition(".")[0] not in _PRODUCT_EVENTS:
        return []
    return [read_body(event.data, _STOCK_EVENT).produto.id]


def _list(response: Response) -> list[msgspec.Raw]:
    if response.status == 401:
        raise UnreadableError("a new access token is refused")
    return read_document(response, _LIST).data


def _items(names: Mapping[int, str], balance: _Balance) -> list[Item]:
    """The virtual balance: what is there less what is reserved."""
    name = names.get(balance.produto.id, str(balance.produto.id))
    if not balance.depositos:
        return [Item(name, available(balance.saldo_virtual_total))]
    return [
        Item(name, available(each.saldo_virtual), location=str(each.id))
        for each in balance.depositos
    ]
