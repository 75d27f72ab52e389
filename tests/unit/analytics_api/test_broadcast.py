import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from analytics_api.broadcast import HEARTBEAT, RETRY_MS, Broadcast

T0 = datetime(2025, 5, 14, 12, tzinfo=UTC)


class View(BaseModel):
    a: int = 0
    b: int = 0


def tell(broadcast: Broadcast, view: View, *, now: datetime = T0) -> None:
    broadcast.publish(str(view), lambda _: view, now=now)


def read(event: bytes) -> tuple[str, str, Any]:
    """Name, id and data of an event as it goes over the wire."""
    *lines, end, last = event.decode().split("\n")
    assert (end, last) == ("", "")
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields["retry"] == str(RETRY_MS)
    return fields["event"], fields["id"], json.loads(fields["data"])


async def test_first_the_whole_then_what_changed() -> None:
    broadcast = Broadcast()
    tell(broadcast, View(a=1, b=2))
    events = broadcast.events()
    first = read(await anext(events))
    tell(broadcast, View(a=1, b=3))
    second = read(await anext(events))
    assert first == ("snapshot", "1", {"a": 1, "b": 2})
    assert second == ("mudanca", "2", {"b": 3})


async def test_all_readers_share_one_encoding() -> None:
    broadcast = Broadcast()
    tell(broadcast, View(a=1))
    readers = [broadcast.events(), broadcast.events()]
    for n in range(2, 4):
        first, second = [await anext(reader) for reader in readers]
        assert first is second
        tell(broadcast, View(a=n))


async def test_a_reader_that_fell_behind_gets_the_whole() -> None:
    broadcast = Broadcast()
    tell(broadcast, View(a=1))
    events = broadcast.events()
    await anext(events)
    for n in range(2, 500):
        tell(broadcast, View(a=n, b=n))
    assert read(await anext(events)) == ("snapshot", "499", {"a": 499, "b": 499})


async def test_a_reader_waits_while_nothing_changes_and_ends_when_closed() -> None:
    broadcast = Broadcast()
    tell(broadcast, View(a=1))
    events = broadcast.events()
    await anext(events)
    waiting = asyncio.ensure_future(anext(events, None))
    await asyncio.wait([waiting], timeout=0.01)
    assert not waiting.done()
    broadcast.close()
    assert await waiting is None


def test_no_view_is_made_before_something_changed_or_the_heartbeat_is_due() -> None:
    broadcast = Broadcast()
    made: list[datetime] = []

    def make(now: datetime) -> View:
        made.append(now)
        return View()

    soon, due = T0 + HEARTBEAT - timedelta(milliseconds=1), T0 + HEARTBEAT
    for version, now in [(1, T0), (1, soon), (1, due), (2, due)]:
        broadcast.publish(version, make, now=now)
    assert made == [T0, due, due]
