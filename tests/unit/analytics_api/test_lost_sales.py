import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.lost_sales import LOOK_BACK, Demand, LostSales, lost_sales
from analytics_api.lost_sales_cache import STANDS_FOR, LostSalesCache
from service_runtime.errors import TransientError

NOW = datetime(2025, 5, 14, 19, 16, tzinfo=UTC)
RETRY = 5
USUAL = Demand(3600, views=100, carts=20, units=10, revenue=Decimal("250.00"))


def out(views: int = 0, carts: int = 0, units: int = 0, seconds: int = 60) -> Demand:
    return Demand(seconds, views, carts, units)


@pytest.mark.parametrize(
    ("in_stock", "sold_out", "expected"),
    [
        pytest.param(USUAL, out(views=30), (3.0, "75.00"), id="views, where carts are closed"),
        pytest.param(USUAL, out(carts=8), (4.0, "100.00"), id="additions to carts"),
        pytest.param(USUAL, out(30, 8), (4.0, "100.00"), id="the greater of the two, not both"),
        pytest.param(USUAL, out(50, 8), (5.0, "125.00"), id="whichever it is"),
        pytest.param(USUAL, out(30, units=1), (2.0, "50.00"), id="less what was sold all the same"),
        pytest.param(USUAL, out(30, units=9), (0.0, "0.00"), id="never less than nothing"),
        pytest.param(USUAL, out(30, units=-5), (3.0, "75.00"), id="returns are no lost sales"),
        pytest.param(USUAL, out(), (0.0, "0.00"), id="nobody asked for it"),
        pytest.param(USUAL, Demand(), (0.0, "0.00"), id="it was never sold out"),
        pytest.param(Demand(), Demand(), (0.0, "0.00"), id="nor seen"),
        pytest.param(Demand(), out(30), None, id="nothing tells what is usual"),
        pytest.param(Demand(60, units=3), out(30), None, id="sales without views do not either"),
        pytest.param(Demand(60, 9), out(30), (0.0, "0.00"), id="views usually sell nothing"),
        pytest.param(Demand(60, 9, units=-2), out(30), (0.0, "0.00"), id="more came back"),
        pytest.param(
            Demand(60, 3, 0, 1, Decimal("10.00")), out(1), (1 / 3, "3.33"), id="parts of a unit"
        ),
        pytest.param(
            Demand(60, 1, 0, 1, Decimal("-9.00")), out(1), (1.0, "0.00"), id="a price below zero"
        ),
    ],
)
def test_lost_sales(in_stock: Demand, sold_out: Demand, expected: tuple[float, str] | None) -> None:
    found = lost_sales(in_stock, sold_out)
    if expected is None:
        assert found is None
    else:
        assert found == (pytest.approx(expected[0]), Decimal(expected[1]))


counts = st.integers(0, 10**6)
demands = st.builds(
    lambda seconds, views, carts, units: Demand(seconds, views, carts, units, Decimal(units) * 3),
    *(counts, counts, counts, st.integers(-(10**6), 10**6)),
)


@given(demands, demands, st.integers(0, 1000))
def test_more_demand_never_means_less_lost(usual: Demand, gone: Demand, more: int) -> None:
    wanted = Demand(gone.seconds, gone.views + more, gone.carts, gone.units, gone.revenue)
    before, after = lost_sales(usual, gone), lost_sales(usual, wanted)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert 0 <= before[0] <= after[0]
        assert 0 <= before[1] <= after[1]


@dataclass
class Warehouse:
    """Answers with an estimate as old as the clock, or is away."""

    now: datetime = NOW
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    def read(self, id_produto: str) -> LostSales:
        self.asked.append(id_produto)
        if self.is_away:
            raise TransientError("warehouse: away")
        return LostSales(self.now - LOOK_BACK, self.now, Demand(), 0.0, Decimal("0.00"))


async def asked(cache: LostSalesCache, id_produto: str) -> LostSales | None:
    """What is known once all that runs has ended."""
    cache.ask(id_produto)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    return cache.known(id_produto)


def test_an_estimate_is_read_in_the_background_and_stands_for_a_while() -> None:
    warehouse = Warehouse()

    async def scenario() -> None:
        cache = LostSalesCache(warehouse.read, clock=lambda: warehouse.now, retry_seconds=RETRY)
        cache.ask("p1")
        cache.ask("p1")
        assert cache.known("p1") is None
        first = await asked(cache, "p1")
        assert first is not None
        assert first.until == NOW
        warehouse.now += STANDS_FOR - timedelta(seconds=1)
        assert await asked(cache, "p1") is first
        warehouse.now += timedelta(seconds=1)
        cache.ask("p1")
        assert cache.known("p1") is first
        newer = await asked(cache, "p1")
        assert newer is not None
        assert newer.until == warehouse.now
        cache.close()

    asyncio.run(scenario())
    assert warehouse.asked == ["p1", "p1"]


def test_a_warehouse_that_is_away_is_left_alone_for_a_while() -> None:
    warehouse = Warehouse(is_away=True)

    async def scenario() -> None:
        cache = LostSalesCache(warehouse.read, clock=lambda: warehouse.now, retry_seconds=RETRY)
        for _ in range(3):
            assert await asked(cache, "p1") is None
        assert warehouse.asked == ["p1"]
        warehouse.is_away = False
        warehouse.now += timedelta(seconds=RETRY)
        assert await asked(cache, "p1") is not None
        cache.close()

    asyncio.run(scenario())


def test_only_the_estimates_read_last_are_kept() -> None:
    warehouse = Warehouse()

    async def scenario() -> None:
        cache = LostSalesCache(warehouse.read, clock=lambda: warehouse.now, retry_seconds=RETRY)
        for n in range(257):
            assert await asked(cache, f"p{n}") is not None
        assert cache.known("p0") is None
        assert cache.known("p1") is not None
        cache.close()

    asyncio.run(scenario())
