"""The tasks beside the requests: when one ends by itself, the process is told to end."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.support.event_producer import FakeSender

from event_contracts.names import TOPIC_EVENTOS
from event_producer.async_stores import AsyncStores
from event_producer.channel import Channel
from event_producer.commit import GroupCommit
from event_producer.intake import Message
from event_producer.lifespan import BackgroundTasks
from event_producer.metrics import Instruments, Metrics
from event_producer.refusal import UnavailableError
from event_producer.spool import Spool

MESSAGES = [Message("u1", b"{}", {})]


def broken(_message: Message) -> bool:
    raise LookupError("a bug")


class Parts:
    def __init__(self, path: Path, sender: FakeSender) -> None:
        spool = Spool(path, max_bytes=10_000_000)
        metrics = Metrics(Instruments({}), TOPIC_EVENTOS)
        stores = AsyncStores(sender, spool)  # type: ignore[arg-type]
        self.commit = GroupCommit(stores, metrics=metrics, interval=0.0)
        self.ended = asyncio.Event()
        self.tasks = BackgroundTasks(
            [Channel(stores, self.commit, metrics)], spool, on_end=self.ended.set
        )


async def test_a_task_that_ends_ends_the_process_and_lets_no_request_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = Parts(tmp_path / "spool", FakeSender(broken))
    async with asyncio.timeout(10), parts.tasks.lifespan():
        assert parts.tasks.ready() is None
        with pytest.raises(UnavailableError):
            await parts.commit.submit(MESSAGES)
        await parts.ended.wait()
        with pytest.raises(UnavailableError):
            await parts.commit.submit(MESSAGES)
        assert parts.tasks.alive() == parts.tasks.ready() == "a task ended"
    [record] = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert record.exc_info
    assert record.exc_info[0] is LookupError


async def test_tasks_that_are_stopped_end_nothing(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "spool", FakeSender())
    async with parts.tasks.lifespan():
        await parts.commit.submit(MESSAGES)
    assert not parts.ended.is_set()
