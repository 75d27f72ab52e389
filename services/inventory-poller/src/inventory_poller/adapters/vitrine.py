"""Vitrine's own stock API: `GET {url}/estoque?cursor=…&limite=…`."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import ClassVar, Final, Literal
from urllib.parse import urlencode

import msgspec
from pydantic import SecretStr

from event_contracts.estoque import AtualizacaoEstoque, decode_estoque
from inventory_poller.adapters.answer import read_document, validator
from inventory_poller.adapters.contract import (
    Adapter,
    Call,
    Credentials,
    Item,
    Page,
    Request,
    Response,
    Source,
    Start,
    UnreadableError,
)

PAGE_SIZE: Final = 1000
_LONGEST_CURSOR: Final = 2000
_ACCEPTED: Final = frozenset({200, 304, 410})


class VitrineCredentials(Credentials):
    """Without a token the API is asked without one."""

    token: SecretStr | None = None


class VitrineSource(Source):
    """A source that speaks Vitrine's own contract."""

    credentials: ClassVar[type[Credentials]] = VitrineCredentials

    api: Literal["vitrine"] = "vitrine"
    untracked_level: None = None
    """This API tracks all that it lists."""
    further_locations: tuple[str, ...] = ()
    """Values of `id_armazem`, beside `id`, that this API may speak of."""

    def locations(self) -> Mapping[str, str]:
        """One source never writes to the stock location of another."""
        return {name: name for name in (self.id, *self.further_locations)}

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, VitrineCredentials)
        return VitrineAdapter(credentials)


class _Cursor(msgspec.Struct, frozen=True):
    """`etag` is that of the last answer to this very cursor."""

    proximo: str
    etag: str | None = None


class _Document(msgspec.Struct, frozen=True):
    estoque: list[AtualizacaoEstoque]
    proximo: str
    mais: bool


class _LooseDocument(msgspec.Struct, frozen=True):
    estoque: list[msgspec.Raw]
    proximo: str
    mais: bool


_BEGINNING: Final = _Cursor("")
_CURSORS: Final = msgspec.json.Decoder(_Cursor)
_encode: Final = msgspec.json.Encoder().encode
_DOCUMENTS: Final = msgspec.json.Decoder(_Document)
_LOOSE_DOCUMENTS: Final = msgspec.json.Decoder(_LooseDocument)


class VitrineAdapter:
    """Reads page after page until the API says that there is no more."""

    def __init__(self, credentials: VitrineCredentials) -> None:
        token = credentials.token
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    def first(self, start: Start) -> Call:
        """Continue behind the cursor; its ETag makes an answer without news a 304."""
        return self._call(_saved(start.cursor), start.now)

    def _call(self, after: _Cursor, now: datetime) -> Call:
        query = {"cursor": after.proximo} if after.proximo else {}
        headers = self._headers | ({"If-None-Match": after.etag} if after.etag else {})
        target = "/estoque?" + urlencode(query | {"limite": str(PAGE_SIZE)})
        request = Request(target=target, headers=headers, accepts=_ACCEPTED)
        return Call(request, partial(self._read, after, now))

    def _read(self, after: _Cursor, now: datetime, response: Response) -> Page:
        if response.status == 304 and after.etag:
            return Page()
        if response.status == 410 and after.proximo:
            return Page(next=self._call(_BEGINNING, now))
        if response.status != 200:
            raise UnreadableError(f"status {response.status} without a reason for it")
        return self._page(after, now, response)

    def _page(self, after: _Cursor, now: datetime, response: Response) -> Page:
        items, skipped, proximo, more = _read_stock(response, now)
        if not 0 < len(proximo) <= _LONGEST_CURSOR:
            raise UnreadableError("an empty cursor, which would begin anew, or a huge one")
        etag = validator(response, "etag") if proximo == after.proximo else None
        cursor = _Cursor(proximo, etag)
        return Page(
            items=items,
            skipped=skipped,
            next=self._call(_Cursor(proximo), now) if more else None,
            cursor=_encode(cursor).decode(),
        )


def _saved(cursor: str | None) -> _Cursor:
    """The beginning for a cursor of another version too."""
    try:
        return _CURSORS.decode(cursor) if cursor else _BEGINNING
    except msgspec.MsgspecError:
        return _BEGINNING


def _read_stock(response: Response, now: datetime) -> tuple[list[Item], tuple[str, ...], str, bool]:
    """The stock, why entries were skipped, the next cursor and whether there is more.

    All entries are read at once; only where one is wrong does each take the careful way.
    """
    try:
        document = _DOCUMENTS.decode(response.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _read_carefully(response, now)
    return [_item(update) for update in document.estoque], (), document.proximo, document.mais


def _read_carefully(
    response: Response, now: datetime
) -> tuple[list[Item], tuple[str, ...], str, bool]:
    document = read_document(response, _LOOSE_DOCUMENTS)
    items: list[Item] = []
    skipped: list[str] = []
    for entry in document.estoque:
        update = decode_estoque(bytes(entry), received_at=now)
        if isinstance(update, list):
            skipped.append(update[0].motivo)
        else:
            items.append(_item(update))
    return items, tuple(skipped), document.proximo, document.mais


def _item(update: AtualizacaoEstoque) -> Item:
    return Item(
        update.id_produto, update.nivel_estoque, update.ultima_atualizacao, update.id_armazem
    )
