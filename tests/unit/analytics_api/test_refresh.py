import asyncio
from collections.abc import Callable

import pytest

from analytics_api import refresh as module
from analytics_api.figures import WAREHOUSE, Store
from analytics_api.refresh import keep_fresh
from service_runtime.errors import TransientError


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0)


async def test_a_store_that_hangs_is_named_and_still_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ANSWERS_WITHIN", 0.01)
    answers, store, told = asyncio.Event(), Store(WAREHOUSE), list[str | None]()
    asked = 0

    async def refresh() -> None:
        nonlocal asked
        asked += 1
        await answers.wait()

    loop = asyncio.create_task(
        keep_fresh(refresh, store, lambda: told.append(store.problem), every=60, at_most=60)
    )
    await until(lambda: told)
    assert told == ["warehouse: has not answered for 0 s"]
    assert (asked, store.confirmed_at) == (1, None)
    answers.set()
    await until(lambda: len(told) == 2)
    assert (told[1], asked) == (None, 1)
    assert store.confirmed_at is not None
    loop.cancel()


async def test_a_store_that_is_away_is_asked_again() -> None:
    store, outcomes = Store(WAREHOUSE), [TransientError("gone"), None]
    told: list[str | None] = []

    async def refresh() -> None:
        if outcomes and (error := outcomes.pop(0)):
            raise error

    loop = asyncio.create_task(
        keep_fresh(refresh, store, lambda: told.append(store.problem), every=0.001, at_most=0.001)
    )
    await until(lambda: len(told) >= 2)
    assert told[:2] == ["gone", None]
    loop.cancel()


async def test_an_outage_may_take_as_long_as_it_likes() -> None:
    asked = 0

    async def refresh() -> None:
        nonlocal asked
        asked += 1
        raise TransientError("gone")

    loop = asyncio.create_task(
        keep_fresh(refresh, Store(WAREHOUSE), lambda: None, every=1e-9, at_most=1e-9)
    )
    await until(lambda: asked > 1_100 or loop.done())
    assert not loop.done()
    loop.cancel()
