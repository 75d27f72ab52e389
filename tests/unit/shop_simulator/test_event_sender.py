"""Everything sent has its line, whatever the other side does; against a real HTTP server."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from tests.support.unlimited_stock import in_stock

from shop_simulator import storage
from shop_simulator.event_sender import EventSender, Plan
from shop_simulator.fault_injection import FaultInjector, Shares
from shop_simulator.record import Entry, Fate, Kind, decode_entries, expected_of
from shop_simulator.rhythm import Pace
from shop_simulator.shop_factory import build_shop
from shop_simulator.storage import ProducerClient, RecordFile, open_session
from shop_simulator.visits import Ids

SHOP = build_shop(7, customers=100)


NOW = datetime(2025, 5, 14, 19, 20, tzinfo=UTC)


class FakeProducer:
    """Takes what is not broken; `answer` may say otherwise first."""

    def __init__(self, answer: Callable[[int], int | None] = lambda _count: None) -> None:
        self.answer = answer
        self.requests = 0
        self.taken: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests += 1
        body = await request.read()
        status = self.answer(self.requests)
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
        if status is not None:
            return web.Response(status=status)
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return web.Response(status=400)
        eventos = value if isinstance(value, list) else [value]
        if any("quebrado" in str(evento) for evento in eventos):
            return web.Response(status=422)
        self.taken += [evento["id_evento"] for evento in eventos]
        return web.Response(status=202)


@asynccontextmanager
async def serving(producer: FakeProducer) -> AsyncIterator[str]:
    app = web.Application(client_max_size=10**7)
    app.router.add_post("/eventos", producer.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


async def run_shop(
    url: str, record: Path, *, events: int | None, batch: int = 7, stop: asyncio.Event | None = None
) -> EventSender:
    shares = Shares(late=0.05, repeated=0.05, broken=0.05)
    actions = SHOP.actions(random.Random(1), Ids(1, "r"), in_stock)
    async with open_session(8) as session:
        shop = EventSender(
            Plan(events_per_second=5000, batch_size=batch, max_events=events),
            faults=FaultInjector(actions, random.Random(2), shares=shares, run="r"),
            producer=ProducerClient(session, url),
            bypass=None,
            record=RecordFile(record),
            clock=lambda: NOW,
        )
        pace = Pace(NOW, rate=5000, compression=0)
        await shop.run(pace, stop or asyncio.Event())
    return shop


def entries_of(record: Path) -> list[Entry]:
    return decode_entries(record.read_bytes().splitlines(keepends=True))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_BACK_OFF_SECONDS", (0.001, 0.01))


@pytest.mark.parametrize("batch", [1, 7, 200])
async def test_every_event_has_its_line(tmp_path: Path, batch: int) -> None:
    producer = FakeProducer()
    async with serving(producer) as url:
        await run_shop(url, tmp_path / "new" / "record", events=2000, batch=batch)
    entries = entries_of(tmp_path / "new" / "record")
    expected = expected_of(entries)
    assert len(entries) == 2000
    assert set(producer.taken) == expected.events.keys()
    assert len(producer.taken) == len(expected.events) + expected.repeats
    assert expected.repeats > 0
    assert {e.status for e in entries if e.kind is Kind.BROKEN_HTTP} == {400, 422}
    assert not expected.unknown


async def test_a_refusal_for_now_is_waited_out(tmp_path: Path) -> None:
    producer = FakeProducer(lambda count: 503 if count % 3 else None)
    async with serving(producer) as url:
        shop = await run_shop(url, tmp_path / "record", events=500)
    expected = expected_of(entries_of(tmp_path / "record"))
    assert set(producer.taken) == expected.events.keys()
    assert len(producer.taken) == len(expected.events) + expected.repeats
    assert sum(shop.tally.values()) == 500


async def test_a_lost_answer_is_asked_for_again(tmp_path: Path) -> None:
    producer = FakeProducer(lambda count: 0 if count % 5 == 0 else None)
    async with serving(producer) as url:
        await run_shop(url, tmp_path / "record", events=500)
    expected = expected_of(entries_of(tmp_path / "record"))
    assert set(producer.taken) == expected.events.keys()
    assert not expected.unknown


async def test_told_to_stop_it_finishes_what_is_under_way(tmp_path: Path) -> None:
    stop = asyncio.Event()

    def answer(count: int) -> None:
        if count == 20:
            stop.set()

    producer = FakeProducer(answer)
    async with serving(producer) as url:
        await run_shop(url, tmp_path / "record", events=None, stop=stop)
    expected = expected_of(entries_of(tmp_path / "record"))
    assert set(producer.taken) == expected.events.keys()
    assert not expected.unknown


async def test_what_has_no_answer_at_the_end_is_written_as_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop_simulator.event_sender.GRACE_SECONDS", 0.05)
    async with serving(FakeProducer(lambda _count: 503)) as url:
        await run_shop(url, tmp_path / "record", events=20)
    entries = entries_of(tmp_path / "record")
    assert len(entries) == 20
    assert {entry.fate for entry in entries} == {Fate.UNKNOWN}
