"""Awaitable calls to the blocking stores: one thread for Kafka, one for the state file."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from event_contracts.estoque import AtualizacaoEstoque, encode_estoque
from inventory_poller.changes import Key, Known
from inventory_poller.state import Progress, StateFile
from service_runtime.errors import TransientError
from service_runtime.failpoints import hit_failpoint
from service_runtime.producer import KafkaSender, Message
from service_runtime.topic import Topic

_T = TypeVar("_T")
_AT_ONCE: Final = 10_000
"""Records that one call gives to Kafka."""


class StoreAwayError(TransientError):
    """Kafka or the disk did not take something: no fault of the API that was read."""


class Stores:
    """Kafka and the state file for the event loop. A call that is cancelled still runs to its end.

    Raises StoreAwayError; then nothing of the call may be taken for stored.
    """

    def __init__(self, sender: KafkaSender, state: StateFile) -> None:
        self._kafka_problem: str | None = None
        self._disk_problem: str | None = None
        self._sender = sender
        self._state = state
        self._kafka = ThreadPoolExecutor(1, "kafka")
        self._disk = ThreadPoolExecutor(1, "state")

    @property
    def problem(self) -> str | None:
        """Why the last call failed, for a readiness check; None while all is well."""
        return self._kafka_problem or self._disk_problem

    async def send(self, updates: Sequence[AtualizacaoEstoque]) -> None:
        """Returns when Kafka has acknowledged all of them."""
        hit_failpoint("before_send")
        for start in range(0, len(updates), _AT_ONCE):
            messages = [_message(update) for update in updates[start : start + _AT_ONCE]]
            left = await _run(self._kafka, self._sender.send, messages)
            self._kafka_problem = "kafka: an update was not acknowledged" if left else None
            if left:
                raise StoreAwayError(f"kafka: {len(left)} updates were not acknowledged")
        hit_failpoint("after_send")

    async def load(
        self, source: str, settings: str
    ) -> tuple[dict[str, dict[str, Known]], Progress, str | None]:
        """The known stock, the progress and the credential of a source with these settings."""
        await self._on_disk(partial(self._state.forget_others, source, settings=settings))
        stock = await self._on_disk(partial(self._state.stock, source))
        progress = await self._on_disk(partial(self._state.progress, source))
        return stock, progress, await self._on_disk(partial(self._state.credential, source))

    async def save(
        self, source: str, seen: dict[Key, Known], progress: Progress, *, settings: str
    ) -> None:
        """As `StateFile.save`."""
        hit_failpoint("before_save")
        call = partial(self._state.save, source, seen, progress, settings=settings)
        await self._on_disk(call)
        hit_failpoint("after_save")

    async def save_credential(self, source: str, credential: str) -> None:
        """As `StateFile.save_credential`."""
        await self._on_disk(partial(self._state.save_credential, source, credential))

    async def probe(self, topic: Topic) -> None:
        """Ask both stores whether they are back after a failed write; TransientError where one is
        not."""
        await asyncio.to_thread(topic.partitions)
        self._kafka_problem = None
        await self._on_disk(self._state.probe)

    async def _on_disk(self, call: Callable[[], _T]) -> _T:
        try:
            found = await _run(self._disk, call)
        except TransientError as error:
            self._disk_problem = str(error)
            raise StoreAwayError(str(error)) from error
        self._disk_problem = None
        return found

    def close(self) -> None:
        """Wait for what is under way, then let go of the state file."""
        self._kafka.shutdown()
        self._disk.shutdown()
        self._state.close()


def _message(update: AtualizacaoEstoque) -> Message:
    return update.id_produto, encode_estoque(update), {}


async def _run(executor: ThreadPoolExecutor, call: Callable[..., _T], *arguments: Any) -> _T:
    return await asyncio.get_running_loop().run_in_executor(executor, call, *arguments)
