import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Event

import pytest
from tests.support.analytics import NOW, TODAY

from analytics_api import waiting
from analytics_api.period_cache import OLD_STANDS_FOR, PeriodCache
from analytics_api.periods import Period, PeriodFigures
from analytics_api.problems import NotReadyError
from analytics_api.sales import SalesColumns
from analytics_api.sales_storage import OldFigures
from service_runtime.errors import TransientError

SINCE = TODAY.replace(day=1)
OLD = Period(date(2024, 1, 1), date(2024, 1, 31))
UNKNOWN = Period(date(2023, 1, 1), date(2023, 1, 2))
NEW = Period(SINCE, TODAY)
RETRY = timedelta(seconds=5)


class OldWarehouse:
    """Tells of an old period how often it was asked; may be away or take its time."""

    def __init__(self) -> None:
        self.asked: list[tuple[date, date]] = []
        self.away = False
        self.answers = Event()
        self.answers.set()

    def read(self, first: date, last: date) -> OldFigures:
        self.asked.append((first, last))
        self.answers.wait(10)
        if self.away:
            raise TransientError("warehouse: away")
        rows = [(product, len(self.asked), "1.50", 1) for product in ("", "p1")]
        return OldFigures(rows, NOW)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def warehouse() -> OldWarehouse:
    return OldWarehouse()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def columns() -> SalesColumns:
    columns = SalesColumns()
    columns.load([[(TODAY, "p1", 7, "70.00", 3)]], [], since=SINCE)
    return columns


@pytest.fixture
def periods(columns: SalesColumns, warehouse: OldWarehouse, clock: Clock) -> PeriodCache:
    return PeriodCache(columns, warehouse.read, clock=clock, retry_seconds=RETRY.total_seconds())


def units(figures: PeriodFigures) -> int:
    found: int = figures.total("p1")[0]
    return found


def commit(columns: SalesColumns) -> None:
    columns.add([[("o1", "p1", TODAY, 1, "1.00")]], [])


async def told(periods: PeriodCache, period: Period) -> int:
    await periods.ready(period)
    return await periods.run(period, units)


async def test_what_is_in_memory_asks_nobody(periods: PeriodCache, warehouse: OldWarehouse) -> None:
    assert await told(periods, NEW) == 7
    assert warehouse.asked == []


async def test_an_old_period_is_read_once_however_many_ask(
    periods: PeriodCache, warehouse: OldWarehouse
) -> None:
    assert await asyncio.gather(*[told(periods, OLD) for _ in range(5)]) == [1] * 5
    assert warehouse.asked == [(OLD.first, OLD.last)]


async def test_an_old_period_is_read_again_when_it_has_stood_long_and_something_is_new(
    periods: PeriodCache, columns: SalesColumns, clock: Clock
) -> None:
    before = await told(periods, OLD), periods.version(OLD)
    clock.now += OLD_STANDS_FOR + timedelta(seconds=1)
    assert (await told(periods, OLD), periods.version(OLD)) == before
    commit(columns)
    assert await told(periods, OLD) == 1
    await until(lambda: periods.version(OLD) != before[1])
    assert await told(periods, OLD) == 2


async def test_a_known_period_never_waits_for_a_warehouse_that_hangs(
    periods: PeriodCache, columns: SalesColumns, warehouse: OldWarehouse, clock: Clock
) -> None:
    assert await told(periods, OLD) == 1
    warehouse.answers.clear()
    commit(columns)
    clock.now += OLD_STANDS_FOR + timedelta(seconds=1)
    async with asyncio.timeout(2 * waiting.REQUEST_WAIT_SECONDS):
        assert [await told(periods, OLD) for _ in range(3)] == [1, 1, 1]
    await until(lambda: len(warehouse.asked) == 2)
    unread = periods.version(OLD)
    warehouse.answers.set()
    await until(lambda: periods.version(OLD) != unread)
    assert (await told(periods, OLD), len(warehouse.asked)) == (2, 2)


async def test_a_warehouse_that_is_away_is_asked_again_only_after_a_while(
    periods: PeriodCache, columns: SalesColumns, warehouse: OldWarehouse, clock: Clock
) -> None:
    assert await told(periods, OLD) == 1
    warehouse.away = True
    commit(columns)
    clock.now += OLD_STANDS_FOR + timedelta(seconds=1)
    assert await told(periods, OLD) == 1
    for _ in range(2):
        with pytest.raises(NotReadyError, match="away"):
            await told(periods, UNKNOWN)
    assert await told(periods, OLD) == 1
    assert warehouse.asked[1:] == [(OLD.first, OLD.last), (UNKNOWN.first, UNKNOWN.last)]
    warehouse.away = False
    clock.now += RETRY
    assert await told(periods, UNKNOWN) == 4
    assert await told(periods, OLD) == 1
    await until(lambda: len(warehouse.asked) == 5)


async def test_no_more_than_so_many_failures_are_remembered(
    periods: PeriodCache, warehouse: OldWarehouse
) -> None:
    warehouse.away = True
    several = [Period(date(2020, 1, 1) + timedelta(days=n), UNKNOWN.last) for n in range(70)]
    for period in several:
        with pytest.raises(NotReadyError, match="away"):
            await told(periods, period)
    for again in (several[-1], several[0]):
        with pytest.raises(NotReadyError, match="away"):
            await told(periods, again)
    assert len(warehouse.asked) == 71


async def test_a_kept_period_tells_since_when(
    periods: PeriodCache, columns: SalesColumns, clock: Clock
) -> None:
    await told(periods, OLD)
    clock.now += timedelta(seconds=9)
    assert periods.kept_since(OLD) is None
    commit(columns)
    assert periods.kept_since(OLD) == NOW
    assert periods.kept_since(NEW) is None


async def test_a_slow_warehouse_delays_neither_other_periods_nor_the_asker_for_long(
    periods: PeriodCache, warehouse: OldWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.02)
    warehouse.answers.clear()
    with pytest.raises(NotReadyError, match="being read"):
        await told(periods, OLD)
    assert await told(periods, NEW) == 7
    unread = periods.version(OLD)
    warehouse.answers.set()
    await until(lambda: periods.version(OLD) != unread)
    assert await told(periods, OLD) == 1


async def test_only_so_many_old_periods_are_asked_for_at_once(
    periods: PeriodCache, warehouse: OldWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.02)
    warehouse.answers.clear()
    several = [Period(date(2024, 1, day), date(2024, 1, day)) for day in range(1, 11)]
    found = await asyncio.gather(
        *[told(periods, period) for period in several], return_exceptions=True
    )
    assert sum("too many" in str(error) for error in found) == 2
    unread = [periods.version(period) for period in several]
    warehouse.answers.set()
    await until(lambda: unread != [periods.version(period) for period in several])


async def test_a_period_that_has_left_memory_meanwhile_is_never_told_in_part(
    periods: PeriodCache, columns: SalesColumns
) -> None:
    columns.load([[(TODAY, "p1", 7, "70.00", 3)]], [], since=TODAY + timedelta(days=31))
    columns.since = SINCE
    with pytest.raises(NotReadyError, match="just become older"):
        await periods.run(NEW, units)


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0)
