import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.scripted_api import ScriptedApi, ScriptedPoll, answer

from inventory_poller.adapters.contract import LimitedError, Response, UnreadableError
from inventory_poller.loop import SourceLoop
from inventory_poller.metrics import Metrics
from inventory_poller.origin import OriginError
from inventory_poller.schedule import FAILURES_TO_OPEN, State


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> ScriptedApi:
    return ScriptedApi()


@pytest.fixture
def scripted(tmp_path: Path, api: ScriptedApi) -> Iterator[ScriptedPoll]:
    poll = ScriptedPoll(tmp_path, api, poll_seconds=5)
    yield poll
    poll.stores.close()


@pytest.fixture
def loop(scripted: ScriptedPoll, clock: Clock) -> SourceLoop:
    return SourceLoop(scripted.poll, metrics=Metrics(), clock=clock, chance=lambda: 1.0)


async def test_a_source_that_answers_is_asked_at_its_pace(loop: SourceLoop, clock: Clock) -> None:
    clock.now += 30
    assert loop.freshness == 30
    assert await loop.turn() == 5.0
    assert (loop.freshness, loop.state) == (0.0, State.CLOSED)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(UnreadableError("HTML"), id="it lies"),
        pytest.param(OriginError("elsewhere"), id="it leads elsewhere"),
        pytest.param(Response(500, {}, b""), id="it is broken"),
        pytest.param(Response(401, {}, b""), id="it refuses"),
    ],
)
async def test_a_source_that_fails_is_asked_ever_more_seldom(
    failure: Response | Exception,
    loop: SourceLoop,
    api: ScriptedApi,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    api.answers = [failure] * (FAILURES_TO_OPEN + 1)
    waits = []
    for _ in range(FAILURES_TO_OPEN + 1):
        waits.append(await loop.turn())
        clock.now += waits[-1]
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 20.0]
    assert loop.state is State.HALF_OPEN
    assert loop.freshness == sum(waits)
    assert await loop.turn() == 5.0
    assert loop.state is State.CLOSED
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_source_waits_as_long_as_it_asks(loop: SourceLoop, api: ScriptedApi) -> None:
    api.answers = [Response(503, {"retry-after": "77"}, b""), LimitedError("429", wait=99)]
    assert await loop.turn() == 77.0
    assert await loop.turn() == 99.0


async def test_kafka_away_is_no_failure_of_the_source(
    loop: SourceLoop, api: ScriptedApi, scripted: ScriptedPoll
) -> None:
    scripted.kafka.refuse = lambda _message: True
    api.answers = [answer(("p1", 5))] * 9
    waits = [await loop.turn() for _ in range(9)]
    assert waits == sorted(waits)
    assert waits[-1] == 5.0
    assert loop.state is State.CLOSED
