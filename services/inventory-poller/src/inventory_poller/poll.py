"""One round of one source, or a reading of single products: ask, send what changed, then remember
it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, Protocol

from event_contracts.estoque import AtualizacaoEstoque
from inventory_poller.adapters.contract import (
    Adapter,
    Call,
    LimitedError,
    Page,
    Request,
    Response,
    Source,
    Start,
    UnreadableError,
    WebhookAdapter,
)
from inventory_poller.changes import ChangeFilter, Changes, Known
from inventory_poller.heartbeat import Heartbeat
from inventory_poller.metrics import Metrics
from inventory_poller.schedule import LONGEST_ASKED_WAIT, limit_wait, retry_after
from inventory_poller.state import Progress
from inventory_poller.stores import Stores
from service_runtime.errors import TransientError
from service_runtime.failpoints import hit_failpoint

_LIMITED_IN_A_ROW: Final = 5
_LONGEST_PAUSE: Final = 60.0
"""A longer wait ends the round."""
_PACE: Final = {
    "poll_seconds",
    "resync_seconds",
    "requests_per_second",
    "timeout_seconds",
    "max_body_bytes",
    "max_requests",
    "max_products",
    "untracked_level",
    "webhooks",
}
"""Settings that change nothing of what is read."""
_UNFORESEEN: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What an adapter raises at an answer that it does not foresee."""


class StatusError(TransientError):
    """An answer with a status that the adapter does not read."""

    def __init__(self, status: int, *, wait: float | None) -> None:
        super().__init__(f"status {status}")
        self.wait = wait


class Sender(Protocol):
    """Sends requests, as `SourceClient` does."""

    async def send(self, request: Request) -> Response:
        """The response, whatever its status."""


class Poll:
    """Reads one source, one `run` or `read_again` after the other."""

    def __init__(
        self,
        source: Source,
        adapter: Adapter,
        sender: Sender,
        *,
        stores: Stores,
        metrics: Metrics,
        heartbeat: Heartbeat,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.source = source
        self._adapter = adapter
        self._sender = sender
        self._stores = stores
        self._metrics = metrics
        self._heartbeat = heartbeat
        self._clock = clock
        self._sleep = sleep
        self._filter = ChangeFilter(
            source.id,
            source.locations(),
            max_products=source.max_products,
            untracked_level=source.untracked_level,
        )
        self._settings = source.model_dump_json(exclude=_PACE)
        self._known: dict[str, dict[str, Known]] = {}
        self._progress = Progress()
        self._credential: str | None = None
        self._is_credential_saved = True
        self._is_loaded = False
        self._pause = 0.0

    async def run(self) -> None:
        """Read until the API has no more, and repeat an update where a location was silent.

        TransientError or PermanentError where the API is away, wrong or refuses; StoreAwayError
        where Kafka or the disk is. What was acknowledged by then is remembered.
        """
        await self._load()
        await self._save_credential()
        now = self._clock()
        if self._is_sweep_due(now):
            self._progress = Progress()
        is_sweep = self._progress.swept_at is None
        start = Start(self._progress.cursor, now, self._credential)
        async for asked_at, page in self._pages(self._adapter.first(start)):
            ends = page.next is None
            swept_at = now if ends and is_sweep else self._progress.swept_at
            cursor = page.cursor or self._progress.cursor
            await self._keep(page, asked_at, Progress(cursor, swept_at))
            # A round may take hours, where an API must be asked product by product.
            if ends or self._clock() - now >= self._heartbeat.every:
                await self._beat()

    async def read_again(self, products: Sequence[int]) -> None:
        """Read what the API knows of these products now; the next round begins where it would
        have begun. Raises what `run` raises."""
        assert isinstance(self._adapter, WebhookAdapter)
        await self._load()
        await self._save_credential()
        start = Start(None, self._clock(), self._credential)
        async for asked_at, page in self._pages(self._adapter.read_again(products, start)):
            await self._keep(page, asked_at, self._progress)

    async def _pages(self, first: Call) -> AsyncIterator[tuple[datetime, Page]]:
        """Each page of a chain of calls, and when it was asked for."""
        asked: set[bytes] = set()
        call: Call | None = first
        while call is not None:
            self._check_repeated(call.request, asked)
            asked_at, page = await self._ask(call)
            yield asked_at, page
            call = page.next

    async def _load(self) -> None:
        """Read what an earlier process knew."""
        if not self._is_loaded:
            loaded = await self._stores.load(self.source.id, self._settings)
            self._known, self._progress, self._credential = loaded
            self._is_loaded = True

    def _is_sweep_due(self, now: datetime) -> bool:
        every, last = self.source.resync_seconds, self._progress.swept_at
        return every is not None and last is not None and now - last >= timedelta(seconds=every)

    def _check_repeated(self, request: Request, asked: set[bytes]) -> None:
        """An API that leads in a circle would be asked for ever."""
        identity = _digest(request)
        if identity in asked:
            raise UnreadableError("a page that leads back to one before")
        if len(asked) >= self.source.max_requests:
            raise UnreadableError(f"more than {self.source.max_requests} pages")
        asked.add(identity)

    async def _ask(self, call: Call) -> tuple[datetime, Page]:
        """When it was asked for, and the page. A limit of the rate is waited out a few times."""
        for _ in range(_LIMITED_IN_A_ROW):
            try:
                return await self._ask_once(call)
            except LimitedError as error:
                limited = error
                if error.wait is None or error.wait > _LONGEST_PAUSE:
                    break
                self._pause = error.wait
        raise limited

    async def _ask_once(self, call: Call) -> tuple[datetime, Page]:
        await self._pace()
        asked_at = self._clock()
        response = await self._send(call.request)
        now = self._clock()
        if response.status not in call.request.accepts:
            raise _status_error(response, now)
        page = _read(call, response)
        hit_failpoint("after_fetch")
        if page.credential is not None:
            self._credential, self._is_credential_saved = page.credential, False
            await self._save_credential()
        pause = max(page.pause, limit_wait(response.headers, now))
        self._pause = min(pause, LONGEST_ASKED_WAIT)
        return asked_at, page

    async def _save_credential(self) -> None:
        """Save a new credential. After a failure the next round does so before it asks the API."""
        if self._credential is not None and not self._is_credential_saved:
            await self._stores.save_credential(self.source.id, self._credential)
            self._is_credential_saved = True

    async def _pace(self) -> None:
        """LimitedError where the API wants a pause that is too long for a round."""
        pause, self._pause = self._pause, 0.0
        if pause > _LONGEST_PAUSE:
            raise LimitedError("a pause too long for a round", wait=pause)
        rate = self.source.requests_per_second
        wait = max(pause, 1 / rate if rate else 0.0)
        if wait:
            await self._sleep(wait)

    async def _send(self, request: Request) -> Response:
        status = None
        try:
            response = await self._sender.send(request)
            status = response.status
        finally:
            self._metrics.request(self.source.id, status)
        return response

    async def _keep(self, page: Page, asked_at: datetime, progress: Progress) -> None:
        """Emit, and only then remember."""
        changes = self._filter.changes(page.items, self._known, asked_at=asked_at)
        await self._emit(changes.updates)
        if changes.seen or progress != self._progress:
            await self._stores.save(self.source.id, changes.seen, progress, settings=self._settings)
        self._remember(changes, progress)
        self._metrics.items(self.source.id, changes.outcomes + Counter(page.skipped))

    def _remember(self, changes: Changes, progress: Progress) -> None:
        for (location, product), known in changes.seen.items():
            self._known.setdefault(location, {})[product] = known
        self._progress = progress

    async def _beat(self) -> None:
        due = self._heartbeat.due(self._known, self._clock())
        await self._emit(due)
        self._metrics.heartbeats(self.source.id, len(due))

    async def _emit(self, updates: list[AtualizacaoEstoque]) -> None:
        if updates:
            await self._stores.send(updates)
            self._heartbeat.heard({each.id_armazem for each in updates}, self._clock())


def _digest(request: Request) -> bytes:
    """16 bytes in place of the request itself: a round may have half a million of them."""
    whole = repr((request.target, request.body, sorted(request.headers.items())))
    return blake2b(whole.encode(), digest_size=16).digest()


def _read(call: Call, response: Response) -> Page:
    """What no adapter foresees is a fault of this answer too, and must not end the other loops."""
    try:
        return call.read(response)
    except _UNFORESEEN as error:
        kind = type(error).__name__
        raise UnreadableError(f"an answer that the adapter does not foresee: {kind}") from error


def _status_error(response: Response, now: datetime) -> TransientError:
    wait = retry_after(response.headers.get("retry-after"), now)
    if response.status == 429:
        limit = wait if wait is not None else limit_wait(response.headers, now) or None
        return LimitedError("status 429", wait=limit)
    return StatusError(response.status, wait=wait)
