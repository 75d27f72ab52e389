import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from analytics_api import refresh as module
from analytics_api.figures import WAREHOUSE, Figures, Store
from analytics_api.outlook import SalesPace
from analytics_api.refresh import SalesRefresh, keep_fresh
from analytics_api.sales import SalesColumns
from analytics_api.sales_storage import Committed, SalesSource
from analytics_api.stock import StockLevels
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
        keep_fresh(refresh, store, lambda: told.append(store.problem), every=60, max_pause=60)
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
        keep_fresh(refresh, store, lambda: told.append(store.problem), every=0.001, max_pause=0.001)
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
        keep_fresh(refresh, Store(WAREHOUSE), lambda: None, every=1e-9, max_pause=1e-9)
    )
    await until(lambda: asked > 1_100 or loop.done())
    assert not loop.done()
    loop.cancel()


class Warehouse:
    """Answers with what it is told to."""

    def __init__(self) -> None:
        self.committed = Committed({}, [], StockLevels(), SalesPace(), {})

    def read(self, _columns: SalesColumns, **_: object) -> Committed:
        return self.committed


async def test_a_pace_that_was_read_without_a_commit_makes_answers_anew() -> None:
    warehouse, figures = Warehouse(), Figures(ZoneInfo("America/Sao_Paulo"))
    refresh = SalesRefresh(cast("SalesSource", warehouse), figures, measures=False)
    versions = []
    for pace in (SalesPace(), newer := SalesPace({"p1": {}}), newer):
        warehouse.committed = replace(warehouse.committed, pace=pace)
        await refresh()
        versions.append(figures.sales_version)
    assert versions == [1, 2, 2]
