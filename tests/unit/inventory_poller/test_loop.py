import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.scripted_api import ScriptedApi, ScriptedPoll, answer, shop_answer

from inventory_poller.adapters.contract import LimitedError, Response, UnreadableError
from inventory_poller.hints import COLLECTING_SECONDS, Hints
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


def new_loop(scripted: ScriptedPoll, clock: Clock) -> SourceLoop:
    hints = Hints(most_at_once=2, clock=clock)
    return SourceLoop(scripted.poll, hints, metrics=Metrics(), clock=clock, chance=lambda: 1.0)


@pytest.fixture
def loop(scripted: ScriptedPoll, clock: Clock) -> SourceLoop:
    return new_loop(scripted, clock)


@pytest.fixture
def shop(tmp_path: Path, api: ScriptedApi) -> Iterator[ScriptedPoll]:
    poll = ScriptedPoll(tmp_path, api, api="woocommerce", poll_seconds=5)
    yield poll
    poll.stores.close()


@pytest.fixture
def shop_loop(shop: ScriptedPoll, clock: Clock) -> SourceLoop:
    return new_loop(shop, clock)


async def turns(loop: SourceLoop, clock: Clock, count: int) -> list[float]:
    """The wait after each turn; each begins when the wait is over."""
    waits = []
    for _ in range(count):
        waits.append(await loop.turn())
        clock.now += waits[-1]
    return waits


def asked_for(api: ScriptedApi) -> list[str]:
    """Of each request whether it was for single products."""
    return ["hints" if "include=" in each.target else "round" for each in api.requests]


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
    waits = await turns(loop, clock, FAILURES_TO_OPEN + 1)
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 20.0]
    assert loop.state is State.HALF_OPEN
    assert loop.freshness == sum(waits)
    assert await loop.turn() == 5.0
    assert loop.state is State.CLOSED
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_source_waits_as_long_as_it_asks(
    loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [Response(503, {"retry-after": "77"}, b""), LimitedError("429", wait=99)]
    assert await turns(loop, clock, 2) == [77.0, 99.0]


async def test_kafka_away_is_no_failure_of_the_source(
    loop: SourceLoop, api: ScriptedApi, scripted: ScriptedPoll, clock: Clock
) -> None:
    scripted.kafka.refuse = lambda _message: True
    api.answers = [answer(("p1", 5))] * 9
    waits = await turns(loop, clock, 9)
    assert waits == sorted(waits)
    assert waits[-1] == 5.0
    assert loop.state is State.CLOSED


async def test_hints_are_read_between_rounds_that_keep_their_pace(
    shop_loop: SourceLoop, shop: ScriptedPoll, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer((1, 9)), shop_answer((1, 8)), shop_answer((1, 8))]
    assert await shop_loop.turn() == 5.0
    shop_loop.hints.add([1])
    assert await turns(shop_loop, clock, 3) == [COLLECTING_SECONDS, 4.0, 5.0]
    assert asked_for(api) == ["round", "hints", "round"]
    assert shop.emitted == ["1", "1"]


async def test_a_turn_before_anything_is_due_asks_nothing(
    shop_loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer()]
    await shop_loop.turn()
    clock.now += 2
    assert await shop_loop.turn() == 3.0
    assert len(api.requests) == 1


async def test_many_hints_are_read_a_few_at_a_time_and_a_round_in_between(
    shop_loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer()] * 9
    await shop_loop.turn()
    clock.now += 3.5
    shop_loop.hints.add(range(1, 6))
    assert await turns(shop_loop, clock, 5) == [1.0, 0.0, 0.0, 0.5, 5.0]
    assert asked_for(api) == ["round", "hints", "hints", "hints", "round"]


async def test_hints_without_end_delay_a_round_by_one_reading(
    shop_loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer()] * 9
    await shop_loop.turn()
    shop_loop.hints.add(range(1, 6))
    clock.now += 6
    assert await turns(shop_loop, clock, 5) == [0.0, 0.0, 0.0, 5.0, 5.0]
    assert asked_for(api) == ["round", "hints", "round", "hints", "hints", "round"]


@pytest.mark.parametrize(
    ("failure", "after"),
    [
        pytest.param(Response(500, {}, b""), ["round"], id="which is not repeated"),
        pytest.param(Response(429, {}, b""), ["round", "hints"], id="and after a limit it is"),
    ],
)
async def test_a_reading_that_fails_is_followed_by_a_round(
    failure: Response, after: list[str], shop_loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer(), failure, *[shop_answer()] * 9]
    await shop_loop.turn()
    shop_loop.hints.add([1])
    assert await turns(shop_loop, clock, 2) == [COLLECTING_SECONDS, 1.0]
    await turns(shop_loop, clock, len(after))
    assert shop_loop.hints.due_at is None
    assert asked_for(api) == ["round", "hints", *after]


async def test_hints_wait_while_the_source_fails(
    shop_loop: SourceLoop, api: ScriptedApi, clock: Clock
) -> None:
    failures = FAILURES_TO_OPEN + 1
    api.answers = [*[Response(500, {}, b"")] * failures, *[shop_answer()] * 9]
    shop_loop.hints.add([1])
    assert await turns(shop_loop, clock, failures + 2) == [1, 2, 4, 8, 10, 20, 0, 5]
    assert asked_for(api) == [*["round"] * (failures + 1), "hints"]


async def test_hints_wait_while_kafka_is_away(
    shop_loop: SourceLoop, shop: ScriptedPoll, api: ScriptedApi, clock: Clock
) -> None:
    api.answers = [shop_answer((1, 9)), *[shop_answer((1, 8))] * 3]
    await shop_loop.turn()
    shop.kafka.refuse = lambda _message: True
    shop_loop.hints.add([1])
    await turns(shop_loop, clock, 2)
    shop.kafka.refuse = lambda _message: False
    await turns(shop_loop, clock, 2)
    assert asked_for(api) == ["round", "hints", "round", "hints"]
    assert shop.emitted == ["1", "1"]
