"""The loops of all sources in one process, and what its health endpoint says."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from inventory_poller.adapters.contract import Credentials, Source
from inventory_poller.adapters.webhook import MOST_AT_ONCE
from inventory_poller.client import SourceClient
from inventory_poller.heartbeat import Heartbeat
from inventory_poller.hints import Hints
from inventory_poller.loop import SourceLoop
from inventory_poller.metrics import Metrics
from inventory_poller.poll import Poll
from inventory_poller.settings import Settings
from inventory_poller.sources import credentials_of
from inventory_poller.stores import Stores
from inventory_poller.webhook_endpoint import Receiver, create_app
from inventory_poller.webhook_server import WebhookServer
from service_runtime.errors import TransientError
from service_runtime.retry import backoff, log_retry
from service_runtime.topic import Topic

_log = logging.getLogger(__name__)
_WATCH_SECONDS: Final = 5.0


class Service:
    """Waits for the topic, then polls every source until it is stopped."""

    def __init__(self, settings: Settings, stores: Stores, topic: Topic) -> None:
        self._settings = settings
        self._stores = stores
        self._topic = topic
        self._metrics = Metrics()
        self._waits_for: str | None = "kafka was not asked yet"

    def ready(self) -> str | None:
        """None while Kafka and the disk take what is written, whatever the stock APIs do."""
        return self._waits_for or self._stores.problem

    async def run(self, stop: asyncio.Event) -> None:
        """Returns after `stop`. The error of a loop that ends by itself is raised."""
        polling, stopping = asyncio.create_task(self._poll()), asyncio.create_task(stop.wait())
        tasks = (polling, stopping)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if not polling.cancelled():
            polling.result()

    async def _poll(self) -> None:
        await self._wait_for_topic()
        if not self._settings.stock_apis:
            _log.info("no stock API is configured, so nothing is polled")
            await asyncio.Event().wait()
        async with AsyncExitStack() as clients:
            loops = [await self._loop(source, clients) for source in self._settings.stock_apis]
            await self._run(loops)

    async def _run(self, loops: Sequence[SourceLoop]) -> None:
        server = self._webhook_server(loops)
        async with asyncio.TaskGroup() as group:
            self._metrics.observe(
                freshness=lambda: {each.name: each.freshness for each in loops},
                states=lambda: {each.name: each.state for each in loops},
            )
            _log.info("polling stock APIs", extra={"sources": [each.name for each in loops]})
            for each in loops:
                group.create_task(each.run())
            if server:
                group.create_task(server.run_until_cancelled())
            group.create_task(self._watch())

    def _webhook_server(self, loops: Sequence[SourceLoop]) -> WebhookServer | None:
        """None where no source takes webhooks."""
        receivers = {
            source.id: Receiver(webhook, self._signing_secret(source), loop.hints)
            for source, loop in zip(self._settings.stock_apis, loops, strict=True)
            if source.webhooks and (webhook := source.webhook())
        }
        if not receivers:
            return None
        return WebhookServer(create_app(receivers, self._metrics), self._settings)

    def _signing_secret(self, source: Source) -> bytes:
        secret = self._credentials(source).signing_secret()
        assert secret is not None, "refused by the settings"
        return secret.get_secret_value().encode()

    def _credentials(self, source: Source) -> Credentials:
        return credentials_of(source, self._settings.stock_credentials.get_secret_value())

    async def _watch(self) -> None:
        """The API whose update was not written may be away by now, and no other write come."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._stores.problem:
                with suppress(TransientError):
                    await self._stores.probe(self._topic)

    async def _wait_for_topic(self) -> None:
        failures, waited = 0, 0.0
        while self._waits_for:
            try:
                await asyncio.to_thread(self._topic.partitions)
                self._waits_for = None
            except TransientError as error:
                failures += 1
                wait = backoff(failures)
                log_retry("the topic", error, waited=waited, wait=wait)
                self._waits_for, waited = str(error), waited + wait
                await asyncio.sleep(wait)

    async def _loop(self, source: Source, clients: AsyncExitStack) -> SourceLoop:
        webhook = source.webhook()
        most_at_once = webhook.most_at_once if webhook else MOST_AT_ONCE
        poll = Poll(
            source,
            source.adapter(self._credentials(source)),
            await clients.enter_async_context(SourceClient(source)),
            stores=self._stores,
            metrics=self._metrics,
            heartbeat=Heartbeat(timedelta(seconds=self._settings.heartbeat_seconds)),
            clock=lambda: datetime.now(UTC),
        )
        hints = Hints(most_at_once=most_at_once, clock=time.monotonic)
        return SourceLoop(
            poll, hints, metrics=self._metrics, clock=time.monotonic, chance=random.random
        )
