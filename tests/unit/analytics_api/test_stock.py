"""Levels that change piece by piece are those that are read at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.stock import SILENT_AFTER, Level, LocationTotals, StockLevels

BASE = datetime(2026, 3, 2, 12, tzinfo=UTC)


def level(product: str, location: str, units: int, minute: int = 0) -> Level:
    moment = BASE + timedelta(minutes=minute)
    return Level(product, location, units, moment, moment)


LEVELS = st.lists(
    st.builds(
        level,
        st.sampled_from(["p1", "p2", "p3"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 9),
        st.integers(0, 9),
    )
)


@given(st.lists(LEVELS))
def test_levels_in_batches_are_the_last_of_each(batches: list[list[Level]]) -> None:
    stock = StockLevels()
    last: dict[tuple[str, str], Level] = {}
    heard: dict[str, datetime] = {}
    for batch in batches:
        stock = stock.changed(batch)
        for each in batch:
            last[each.id_produto, each.id_armazem] = each
            heard[each.id_armazem] = max(heard.get(each.id_armazem, BASE), each.received_at)
    products = sorted({product for product, _ in last})
    assert list(stock.ids) == products
    for product, units in zip(stock.ids, stock.units, strict=True):
        assert stock.of(product) == [last[key] for key in sorted(last) if key[0] == product]
        assert units == sum(each.units for each in stock.of(product))
    assert stock.totals() == [
        LocationTotals(
            location,
            sum(key[1] == location for key in last),
            sum(each.units for key, each in last.items() if key[1] == location),
            heard[location],
        )
        for location in sorted(heard)
    ]


def test_a_change_leaves_the_levels_before_as_they_were() -> None:
    before = StockLevels().changed([level("p1", "a", 5)])
    after = before.changed([level("p1", "a", 4), level("p0", "b", 1)])
    assert [each.units for each in before.of("p1")] == [5]
    assert [each.units for each in after.of("p1")] == [4]
    assert (before.ids, after.ids) == (["p1"], ["p0", "p1"])
    assert [after.first_after(name) for name in ("", "p0", "p00", "p1")] == [0, 1, 1, 2]


@pytest.mark.parametrize("levels", [[], [level("p0", "a", 1), level("p2", "a", 1)]])
def test_what_nobody_reported_has_no_level(levels: list[Level]) -> None:
    stock = StockLevels().changed(levels)
    assert (stock.of("p1"), "p1" in stock) == ([], False)
    assert all(each.id_produto in stock for each in levels)


@pytest.mark.parametrize(
    ("until", "silent"),
    [
        pytest.param(None, [], id="while it is not known what Kafka holds"),
        pytest.param(BASE + timedelta(minutes=6), [], id="all were heard of"),
        pytest.param(BASE + timedelta(minutes=1) + SILENT_AFTER, ["a"], id="at the bound, not yet"),
        pytest.param(BASE + timedelta(days=1), ["a", "b", "c"], id="the longest first"),
    ],
)
def test_a_location_is_silent_when_nothing_of_any_product_came(
    until: datetime | None, silent: list[str]
) -> None:
    heard = [level("p1", "c", 9, 2), level("p1", "b", 9, 1), level("p1", "a", 9)]
    stock = StockLevels().changed([*heard, level("p2", "c", 0, 5)])
    assert [totals.id_armazem for totals in stock.silent(until)] == silent
