"""What an adapter is: from its settings and a saved cursor it says what to ask, and it reads the
answers.

`Adapter.first` gives the first `Call` of a round. Whoever does the I/O sends the call's request and
gives the response to the call's `read`, whose `Page` holds the stock that was read and the next
call. A page without a next call ends the round. `WebhookAdapter.read_again` does the same for
single products.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal, NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from event_contracts.estoque import MAX_NIVEL
from event_contracts.texts import MAX_TEXT_BYTES, text_problems
from inventory_poller.adapters.webhook import Webhook
from service_runtime.errors import TransientError
from service_runtime.settings import HTTP_URL

OK: Final = frozenset({200})
MAX_PRODUCTS: Final = 200_000
OVERLAP: Final = timedelta(minutes=5)
"""A round asks for what changed since so long before the last one began: the API's clock may differ
from ours by so much without a change being missed."""


class UnreadableError(TransientError):
    """An answer that is not what the API's contract says. The source is asked again later."""


class LimitedError(TransientError):
    """The API limits the rate; `wait` is how many seconds it asks for, if it says so."""

    def __init__(self, message: str, *, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


class Credentials(BaseModel):
    """A source's entry in `STOCK_CREDENTIALS`. Each API has a model of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def signing_secret(self) -> SecretStr | None:
        """What the API's webhooks are signed with."""
        return None


class WebhookCredentials(Credentials):
    """Of an API whose webhooks need a secret that nothing else does."""

    webhook_secret: SecretStr | None = Field(default=None, min_length=1)

    def signing_secret(self) -> SecretStr | None:
        """Optional."""
        return self.webhook_secret


class Source(BaseModel):
    """What every entry of `STOCK_APIS` has. Each API has a model of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    credentials: ClassVar[type[Credentials]] = Credentials

    id: str
    """The default `id_armazem`, and the name in logs and metrics."""
    url: str = Field(pattern=HTTP_URL)
    allow_private: bool = False
    """Whether the API may have a loopback, private or link-local address, and no TLS."""
    poll_seconds: float = Field(default=5.0, ge=0.1)
    """From the beginning of a round to that of the next."""
    resync_seconds: float | None = Field(default=None, ge=60)
    """How often all stock is read from the beginning; None never after the first time."""
    requests_per_second: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """Of one request, its body and its redirects included."""
    max_body_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    """Of one answer, after decompression."""
    max_requests: int = Field(default=10_000, ge=1)
    """Of one round."""
    max_products: int = Field(default=MAX_PRODUCTS, ge=1)
    """Of all its stock locations together; further ones are left out. A million take about 250 MB
    of memory."""
    untracked_level: int | None = Field(default=None, gt=0, le=MAX_NIVEL)
    """What is emitted of a known product whose stock the API does not track any more; None leaves
    its last level."""
    webhooks: bool = False
    """Whether products that the API's webhooks name are read at once."""

    @model_validator(mode="after")
    def _is_usable(self) -> "Source":
        if text_problems(("id",), (self.id,)):
            raise ValueError(f"id: expected 1 to {MAX_TEXT_BYTES} bytes of text")
        if not self.allow_private and not self.url.startswith("https://"):
            raise ValueError("url: expected https://, since allow_private is not set")
        if problem := _url_problem(self.url):
            raise ValueError(f"url: {problem}")
        if self.webhooks and self.webhook() is None:
            raise ValueError("webhooks: those of this API are not read")
        return self

    def locations(self) -> Mapping[str, str]:
        """`id_armazem` by the name that the API gives a stock location. Others are left out; where
        this is empty, `<id>.<name>` is the `id_armazem` of each."""
        return {}

    def has_dynamic_locations(self) -> bool:
        """Whether the API may name stock locations that the settings do not."""
        return False

    def adapter(self, credentials: Credentials) -> "Adapter":
        """What reads this source's API."""
        raise NotImplementedError

    def webhook(self) -> Webhook | None:
        """What the webhooks of this API look like, whose adapter is a `WebhookAdapter` then; None
        where they are not read."""
        return None


class LocatedSource(Source):
    """A source whose API names its stock locations."""

    location_names: dict[str, str] = Field(default_factory=dict)
    """`id_armazem` by the name that the API gives a stock location."""

    def locations(self) -> Mapping[str, str]:
        """As they are named in the settings."""
        return self.location_names

    def has_dynamic_locations(self) -> bool:
        """Whether the settings name no locations."""
        return not self.location_names


def _url_problem(url: str) -> str | None:
    """Why requests cannot stand beneath a URL; nothing of it is quoted."""
    try:
        parts = urlsplit(url)
        is_reachable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_reachable = False
    if not is_reachable:
        return "expected a host, and no port or one from 1 to 65535"
    if "@" in parts.netloc:
        return "expected no user and no password; they belong into STOCK_CREDENTIALS"
    if "?" in url or "#" in url:
        return "expected no query and no fragment"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`target` begins with `/` and stands beneath the source's URL, or is a whole URL; one of
    another origin is refused by whoever sends it."""

    target: str
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    accepts: frozenset[int] = OK
    """The statuses that `read` understands."""


class Response(NamedTuple):
    """Names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Item(NamedTuple):
    """The stock of one product as an API says it; not yet checked.

    `level` is None where the API does not track the stock. `moment` is None where the API has none.
    `location` is the API's own name of a stock location; None is the source itself.
    """

    id_produto: str
    level: int | None
    moment: datetime | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one answer says."""

    items: list[Item] = field(default_factory=list)
    skipped: tuple[str, ...] = ()
    """The reason of each item that cannot be read, as `Motivo` names it."""
    next: "Call | None" = None
    cursor: str | None = None
    """Where the next round may begin once this page's items are on Kafka; None leaves it."""
    credential: str | None = None
    """Replaces the credential in use, and is to be saved before the next request."""
    pause: float = 0.0
    """Seconds that the API wants to pass before the next request."""


class Call(NamedTuple):
    """A request, and what reads its response: UnreadableError or LimitedError where it cannot."""

    request: Request
    read: Callable[[Response], Page]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a round begins, when, and the credential that a page gave last."""

    cursor: str | None
    now: datetime
    credential: str | None = None


class Adapter(Protocol):
    """Reads one API."""

    def first(self, start: Start) -> Call:
        """The first call of a round. Without a cursor it reads all stock."""


@runtime_checkable
class WebhookAdapter(Adapter, Protocol):
    """Reads an API whose webhooks name products."""

    def read_again(self, products: Sequence[int], start: Start, /) -> Call:
        """The first call that reads these products alone, at most `Webhook.most_at_once`. They
        have the stock that a round would find; those that are no longer there are left out. No
        cursor is looked at, and what pages say of it means nothing."""
