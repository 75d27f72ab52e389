"""Levels fall by what is taken, rise by deliveries, and are told in the order of their change."""

import random
from datetime import UTC, datetime, timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from shop_simulator.shop_factory import build_shop, build_stock
from shop_simulator.stock import LOCATIONS, LevelPage, Stock, StockLocation, shares_of
from shop_simulator.visits import Ids

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARES = shares_of([("p1", 6.0), ("p2", 3.0), ("p3", 1.0)])
TAKES = st.lists(st.tuples(st.sampled_from(sorted(SHARES)), st.integers(1, 400)), max_size=300)


def stock(seed: int = 7) -> Stock:
    return Stock(SHARES, random.Random(seed), clock=lambda: START)


def pages(location: StockLocation, *, after: int = 0, limit: int = 2) -> list[LevelPage]:
    read = [location.page(after=after, limit=limit)]
    while read[-1].more:
        read.append(location.page(after=read[-1].last, limit=limit))
    return read


def levels_of(read: list[LevelPage]) -> dict[str, int]:
    return {level.id_produto: level.units for page in read for level in page.levels}


def test_shares_are_of_their_sum() -> None:
    assert SHARES == {"p1": 0.6, "p2": 0.3, "p3": 0.1}


@given(st.integers())
def test_locations_begin_between_the_reorder_level_and_the_full_one(seed: int) -> None:
    shop = stock(seed)
    assert all(545 <= shop.locations[name].units("p1") <= 2705 for name in LOCATIONS)


@given(TAKES, st.integers(0, 100))
def test_what_is_taken_is_missing_and_nothing_is_sold_twice(
    takes: list[tuple[str, int]], seed: int
) -> None:
    shop = stock(seed)
    for id_produto, units in takes:
        before = {name: location.units(id_produto) for name, location in shop.locations.items()}
        had = shop.take(id_produto, units)
        after = {name: location.units(id_produto) for name, location in shop.locations.items()}
        assert min(after.values()) >= 0
        delivered = {name: after[name] - before[name] for name in LOCATIONS}
        assert had or min(delivered.values()) >= 0
        if had and max(delivered.values()) <= 0:
            assert sum(before.values()) - sum(after.values()) == units


def test_a_product_is_sold_out_and_comes_back() -> None:
    shop = stock()
    sold = [shop.take("p3", 5) for _ in range(6000)]
    sold_out = sold.index(False)
    assert 5 * sold_out > 455
    assert any(sold[sold_out:])


@given(TAKES, st.lists(st.integers(0, 300), max_size=5), st.integers(1, 3))
def test_who_reads_what_changed_knows_every_level(
    takes: list[tuple[str, int]], reads: list[int], limit: int
) -> None:
    shop, known = stock(), {}
    location, last = shop.locations["cd-sudeste"], 0
    for number, (id_produto, units) in enumerate(takes):
        shop.take(id_produto, units)
        if number in reads:
            read = pages(location, after=last, limit=limit)
            last, known = read[-1].last, known | levels_of(read)
    known |= levels_of(pages(location, after=last, limit=limit))
    assert known == {id_produto: location.units(id_produto) for id_produto in SHARES}


def test_moments_of_a_product_rise_while_the_clock_stands_still() -> None:
    shop, seen = stock(), []
    for _ in range(5):
        shop.take("p1", 1)
        seen += [
            level.moment
            for location in shop.locations.values()
            for level in location.page(after=0, limit=10).levels
            if level.id_produto == "p1" and level.moment > START
        ]
    assert len(set(seen)) > 2
    assert max(seen) - START <= 5 * timedelta(microseconds=1)


def test_the_log_is_bounded() -> None:
    location = StockLocation("cd", {"p1": 1, "p2": 2}, START)
    for number in range(20_000):
        location.put("p1", number, START)
    assert [level.number for level in location.page(after=0, limit=10).levels] == [2, 20_002]
    assert len(location._log) <= 2 * 2 + 1000


def test_the_same_seed_sells_the_same() -> None:
    def bought(seed: int) -> list[tuple[str, int | None]]:
        shop = build_shop(seed, customers=50)
        had = build_stock(seed, shop, clock=lambda: START)
        actions = shop.actions(random.Random(seed), Ids(seed, "a"), had.take)
        return [(action.id_produto, action.quantidade) for action in islice(actions, 3000)]

    assert bought(3) == bought(3)
    assert bought(3) != bought(4)
