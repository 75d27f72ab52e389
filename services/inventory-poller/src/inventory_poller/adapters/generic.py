"""Any JSON API that lists stock, described by JMESPath expressions."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import unquote_plus, urlencode, urljoin

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, SecretStr

from event_contracts.rejection import Motivo
from inventory_poller.adapters.answer import available, moment_of, read_document, validator
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
)


def _is_jmespath(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError("expected a JMESPath expression") from error
    return text


Expression = Annotated[str, AfterValidator(_is_jmespath)]


class GenericCredentials(Credentials):
    """Headers of every request, such as `Authorization`."""

    headers: dict[str, SecretStr] = Field(default_factory=dict)


class GenericSource(LocatedSource):
    """`items` and `next_page` look at an answer, the other expressions at one of the items."""

    credentials: ClassVar[type[Credentials]] = GenericCredentials

    api: Literal["generic"]
    path: str = Field(default="", pattern="^(/.*)?$")
    """Beneath `url`, with its query."""
    items: Expression = "@"
    product: Expression
    level: Expression
    reserved: Expression | None = None
    """Taken from the level."""
    moment: Expression | None = None
    """ISO 8601."""
    location: Expression | None = None
    """Finds the name of a location; null is the source itself."""
    next_page: Expression | None = None
    """A link to the next page, or the value of `next_parameter`; null ends the round."""
    next_parameter: str | None = None
    since_parameter: str | None = None
    """A query parameter that limits the answer to what changed since a moment."""

    def has_dynamic_locations(self) -> bool:
        """Whether an expression finds locations and the settings name none."""
        return self.location is not None and super().has_dynamic_locations()

    def adapter(self, credentials: Credentials) -> Adapter:
        """What reads it."""
        assert isinstance(credentials, GenericCredentials)
        return GenericAdapter(self, credentials)


class _Cursor(msgspec.Struct, frozen=True):
    """`since` is `OVERLAP` before the last round began. The others are those of the last round's
    answer, if it had only one."""

    since: datetime | None = None
    etag: str | None = None
    modified: str | None = None


_ANY: Final = msgspec.json.Decoder()
_CURSORS: Final = msgspec.json.Decoder(_Cursor)
_encode: Final = msgspec.json.Encoder().encode
_Find = Callable[[Any], Any]


class GenericAdapter:
    """Reads page after page while `next_page` finds one."""

    def __init__(self, source: GenericSource, credentials: GenericCredentials) -> None:
        self._source = source
        self._url = source.url.rstrip("/") + source.path
        self._headers = {n: v.get_secret_value() for n, v in credentials.headers.items()}
        self._items, self._next = _finder(source.items), _finder(source.next_page)
        self._product, self._level = _finder(source.product), _finder(source.level)
        self._reserved, self._moment = _finder(source.reserved), _finder(source.moment)
        self._location = _finder(source.location)

    def first(self, start: Start) -> Call:
        """Conditional where the last round had a validator, since its moment where the API can."""
        saved = _saved(start.cursor)
        query = {}
        if self._source.since_parameter and saved.since:
            query[self._source.since_parameter] = saved.since.astimezone(UTC).isoformat()
        conditions = {"If-None-Match": saved.etag, "If-Modified-Since": saved.modified}
        sent = {name: value for name, value in conditions.items() if value}
        accepted = frozenset({200, 304}) if sent else frozenset({200})
        url = _with_query(self._url, query)
        request = Request(target=url, headers=self._headers | sent, accepts=accepted)
        return Call(request, partial(self._read, url, start.now, is_first=True))

    def _read(self, url: str, now: datetime, response: Response, *, is_first: bool) -> Page:
        if response.status == 304:
            return Page()
        document = read_document(response, _ANY)
        try:
            entries, found = self._items(document), self._next(document)
        except JMESPathError as error:
            raise UnreadableError("JSON that an expression does not fit") from error
        if not isinstance(entries, list):
            raise UnreadableError("JSON in which the items are no list")
        read = [self._read_item(entry) for entry in entries]
        following = self._following(url, found, now)
        return Page(
            items=[each for each in read if isinstance(each, Item)],
            skipped=tuple(each for each in read if isinstance(each, str)),
            next=following,
            cursor=None if following else self._cursor(now, response if is_first else None),
        )

    def _cursor(self, now: datetime, only: Response | None) -> str:
        """A round that asks for what changed since has another URL each time, whose answer a
        validator says nothing about."""
        if self._source.since_parameter:
            cursor = _Cursor(since=now - OVERLAP)
        elif only:
            cursor = _Cursor(None, validator(only, "etag"), validator(only, "last-modified"))
        else:
            cursor = _Cursor()
        return _encode(cursor).decode()

    def _following(self, url: str, found: Any, now: datetime) -> Call | None:
        if found in (None, "", False):
            return None
        if not isinstance(found, str | int):
            raise UnreadableError("JSON in which the next page is no text")
        parameter = self._source.next_parameter
        target = (
            _with_query(url, {parameter: str(found)}) if parameter else _joined(url, str(found))
        )
        request = Request(target=target, headers=self._headers)
        return Call(request, partial(self._read, target, now, is_first=False))

    def _read_item(self, entry: Any) -> Item | str:
        """The item, or why there is none."""
        try:
            product, level = self._product(entry), self._level(entry)
            reserved, moment = self._reserved(entry), self._moment(entry)
            location = self._location(entry)
        except JMESPathError:
            return Motivo.TIPO_ERRADO
        numbers = _number(level), _number(reserved or 0)
        if product is None:
            return Motivo.CAMPO_AUSENTE
        if not _is_name(product) or (level is not None and None in numbers):
            return Motivo.TIPO_ERRADO
        if location is not None and not _is_name(location):
            return Motivo.TIPO_ERRADO
        when = moment_of(moment) if isinstance(moment, str) else None
        if moment is not None and when is None:
            return Motivo.TIPO_ERRADO
        left = None if level is None else available(numbers[0] or 0, numbers[1] or 0)
        where = None if location is None else str(location)
        return Item(str(product), left, when, where)


def _saved(cursor: str | None) -> _Cursor:
    try:
        return _CURSORS.decode(cursor) if cursor else _Cursor()
    except msgspec.MsgspecError:
        return _Cursor()


def _finder(expression: str | None) -> _Find:
    """Evaluates an expression; a plain name, as most are, without an interpreter."""
    if expression is None:
        return lambda _value: None
    compiled = jmespath.compile(expression)
    if compiled.parsed["type"] == "field":
        name = compiled.parsed["value"]
        return lambda value: value.get(name) if isinstance(value, dict) else None
    return compiled.search


def _joined(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError as error:
        raise UnreadableError("JSON in which the next page is no link") from error


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """The URL with these parameters in place of its own of the same names."""
    if not query:
        return url
    path, _, given = url.partition("?")
    kept = [pair for pair in given.split("&") if pair and _name(pair) not in query]
    return f"{path}?{'&'.join([*kept, urlencode(query)])}"


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _is_name(value: Any) -> bool:
    """Whether an API may name something so: by a text or a whole number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    """A number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
