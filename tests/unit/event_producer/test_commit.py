"""Requests are answered when their events are safe, in order, and only then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.event_producer import FakeSender

from event_contracts.names import TOPIC_EVENTOS
from event_producer.async_stores import AsyncStores
from event_producer.commit import GroupCommit
from event_producer.drain import drain
from event_producer.grouping import MAX_PENDING_BYTES, stored_size
from event_producer.intake import Message
from event_producer.metrics import Instruments, Metrics
from event_producer.refusal import UnavailableError
from event_producer.spool import Spool


def message(n: int, user: str = "u1") -> Message:
    return Message(user, b"%d" % n, {})


def all_of(_message: Message) -> bool:
    return True


def none_of(_message: Message) -> bool:
    return False


async def eventually(condition: object, *, within: float = 10.0) -> None:
    """Let others run until `condition()` holds."""
    assert callable(condition)
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.001)


class Bench:
    def __init__(self, sender: FakeSender, path: Path, max_bytes: int) -> None:
        self.sender = sender
        self.spool = Spool(path, max_bytes=max_bytes)
        self.stores = AsyncStores(sender, self.spool)  # type: ignore[arg-type]
        self.metrics = Metrics(Instruments({}), TOPIC_EVENTOS)
        self.commit = GroupCommit(self.stores, metrics=self.metrics, interval=0.0)

    @asynccontextmanager
    async def running(self, *, draining: bool = False) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.commit.run())]
        if draining:
            emptying = drain(self.stores, self.commit.spooled, metrics=self.metrics)
            tasks.append(asyncio.create_task(emptying))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.stores.close()

    def spooled(self) -> list[Message]:
        return [entry.message for entry in self.spool.head(10_000)]


def bench(tmp_path: Path, sender: FakeSender, max_bytes: int = 100_000) -> Bench:
    return Bench(sender, tmp_path / "spool", max_bytes)


async def test_requests_that_wait_together_go_together(tmp_path: Path) -> None:
    b = bench(tmp_path, FakeSender())
    async with b.running():
        await asyncio.gather(*(b.commit.submit([message(n)]) for n in range(20)))
    assert b.sender.taken == [message(n) for n in range(20)]
    assert b.sender.calls == 1


async def test_what_kafka_does_not_take_is_spooled_and_answered_all_the_same(
    tmp_path: Path,
) -> None:
    b = bench(tmp_path, FakeSender(lambda m: m.value in {b"1", b"2"}))
    async with b.running():
        await asyncio.gather(
            b.commit.submit([message(0), message(1)]), b.commit.submit([message(2)])
        )
        assert b.spooled() == [message(1), message(2)]
    assert b.sender.taken == [message(0)]


async def test_nothing_overtakes_what_waits_in_the_spool(tmp_path: Path) -> None:
    b = bench(tmp_path, FakeSender(all_of))
    async with b.running():
        await b.commit.submit([message(0)])
        b.sender.refuse = none_of
        await b.commit.submit([message(1)])
        assert b.spooled() == [message(0), message(1)]
        assert b.sender.calls == 1


async def test_a_full_spool_claims_nothing(tmp_path: Path) -> None:
    room = stored_size([message(0), message(1)])
    b = bench(tmp_path, FakeSender(all_of), max_bytes=room)
    async with b.running():
        await b.commit.submit([message(0)])
        with pytest.raises(UnavailableError):
            await b.commit.submit([message(1), message(2)])
        await b.commit.submit([message(3)])
        assert b.spooled() == [message(0), message(3)]


async def test_a_full_disk_claims_nothing(tmp_path: Path) -> None:
    b = bench(tmp_path, FakeSender(all_of), max_bytes=10_000_000)
    pages = b.spool._connection.execute("PRAGMA page_count").fetchone()[0]
    b.spool._connection.execute(f"PRAGMA max_page_count={pages}")
    async with b.running():
        with pytest.raises(UnavailableError):
            await b.commit.submit([Message("u", bytes(1_000_000), {})])
        b.sender.refuse = none_of
        await b.commit.submit([message(1)])
    assert b.sender.taken == [message(1)]


async def test_too_much_at_once_is_refused_at_once(tmp_path: Path) -> None:
    b = bench(tmp_path, FakeSender())
    big = [Message("u", bytes(MAX_PENDING_BYTES // 2), {})]
    first = asyncio.create_task(b.commit.submit(big))
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await b.commit.submit(big)
    async with b.running():
        await first


async def test_a_crash_of_the_sender_leaves_no_request_without_an_answer(tmp_path: Path) -> None:
    def crash(_message: Message) -> bool:
        raise RuntimeError

    b = bench(tmp_path, FakeSender(crash))
    async with b.running():
        with pytest.raises(UnavailableError):
            await b.commit.submit([message(0)])


async def test_the_spool_drains_and_then_kafka_is_direct_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("event_producer.drain.RETRY_SECONDS", 0.001)
    b = bench(tmp_path, FakeSender(all_of))
    async with b.running(draining=True):
        for n in range(5):
            await b.commit.submit([message(n)])
        await eventually(lambda: b.sender.calls > 3)
        assert b.sender.taken == []
        b.sender.refuse = none_of
        await eventually(lambda: not b.stores.spooled)
        await b.commit.submit([message(5)])
        assert b.spooled() == []
    assert b.sender.taken == [message(n) for n in range(6)]


async def test_only_what_kafka_acknowledged_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("event_producer.drain.RETRY_SECONDS", 0.001)
    b = bench(tmp_path, FakeSender())
    b.spool.append([message(n) for n in range(4)])
    b.commit.spooled.set()
    b.sender.refuse = lambda m: m.value == b"2"
    async with b.running(draining=True):
        await eventually(lambda: b.sender.calls > 3)
        assert b.spooled() == [message(2)]
    assert b.sender.taken == [message(n) for n in (0, 1, 3)]


@settings(deadline=None, max_examples=25)
@given(
    outages=st.lists(st.booleans(), min_size=1, max_size=20),
    requests=st.lists(st.integers(1, 4), min_size=1, max_size=25),
    max_bytes=st.integers(0, 4000),
)
def test_whatever_happens_what_is_answered_is_safe_once_and_in_order(
    outages: list[bool], requests: list[int], max_bytes: int
) -> None:
    """Kafka comes and goes from call to call, the spool is small, requests overlap."""

    async def scenario(folder: Path) -> None:
        sender = FakeSender()
        sender.refuse = lambda _message: outages[sender.calls % len(outages)]
        b = bench(folder, sender, max_bytes)
        claimed: list[Message] = []

        async def submit(number: int, count: int) -> None:
            messages = [message(number * 10 + n) for n in range(count)]
            with suppress(UnavailableError):
                await b.commit.submit(messages)
                claimed.extend(messages)

        async with b.running():
            tasks = [asyncio.create_task(submit(n, count)) for n, count in enumerate(requests)]
            await asyncio.gather(*tasks[::2])
            await asyncio.gather(*tasks[1::2])
            safe = [int(m.value) for m in b.sender.taken + b.spooled()]
        assert {int(m.value) for m in claimed} <= set(safe)
        assert safe == sorted(set(safe))

    with TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))
