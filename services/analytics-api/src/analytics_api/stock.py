"""The stock in memory: the latest level of each product in each stock location.

Values never change: a change makes new ones, so that any thread may read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import repeat
from typing import Final, TypeVar

_Value = TypeVar("_Value")
SILENT_AFTER: Final = timedelta(minutes=10)
"""A stock location of which nothing is heard for longer is silent: inventory-poller repeats a level
of each at least once a minute, unless the source is polled more rarely."""


@dataclass(frozen=True, slots=True)
class Level:
    """The units of a product in one stock location, by that location's clock since `updated_at`;
    `received_at` is when Kafka had the record that says so, a heartbeat included."""

    id_produto: str
    id_armazem: str
    units: int
    updated_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LocationTotals:
    """All products of one stock location; `received_at` is when it was last heard of."""

    id_armazem: str
    products: int
    units: int
    received_at: datetime

    def plus(self, level: Level, before: Level | None) -> "LocationTotals":
        """These totals after a level took the place of the one before."""
        return replace(
            self,
            products=self.products + (before is None),
            units=self.units + level.units - (before.units if before else 0),
            received_at=max(self.received_at, level.received_at),
        )


@dataclass(frozen=True, slots=True)
class StockLevels:
    """All levels. Three columns have the same order, so that a change copies two lists and not
    what is in them."""

    ids: Sequence[str] = ()
    """The products in order."""
    products: Sequence[Mapping[str, Level]] = ()
    """The levels of each product by stock location."""
    units: Sequence[int] = ()
    """The units of each product in all stock locations."""
    locations: Mapping[str, LocationTotals] = field(default_factory=dict)

    def changed(self, levels: Iterable[Level]) -> "StockLevels":
        """The levels after these took the place of those of the same product and location."""
        changed: dict[str, dict[str, Level]] = {}
        locations = dict(self.locations)
        for level in levels:
            of_product = changed.get(level.id_produto)
            if of_product is None:
                of_product = changed[level.id_produto] = dict(self._of(level.id_produto))
            before = of_product.get(level.id_armazem)
            of_product[level.id_armazem] = level
            known = locations.get(level.id_armazem) or _nothing_of(level)
            locations[level.id_armazem] = known.plus(level, before)
        return replace(self._put(changed), locations=locations)

    def _put(self, changed: Mapping[str, Mapping[str, Level]]) -> "StockLevels":
        held = self._with([name for name in changed if name not in self])
        products, units = list(held.products), list(held.units)
        for id_produto, of_product in changed.items():
            place = bisect_left(held.ids, id_produto)
            products[place] = of_product
            units[place] = sum(level.units for level in of_product.values())
        return replace(held, products=products, units=units)

    def _with(self, new: Sequence[str]) -> "StockLevels":
        """The same levels, and these products without any."""
        if not new:
            return self
        ids = [*self.ids, *new]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return StockLevels(
            _ordered(order, ids),
            _ordered(order, [*self.products, *repeat({}, len(new))]),
            _ordered(order, [*self.units, *repeat(0, len(new))]),
            self.locations,
        )

    def __contains__(self, id_produto: str) -> bool:
        """Whether a stock location has reported the product."""
        return bool(self._of(id_produto))

    def of(self, id_produto: str) -> list[Level]:
        """The levels of a product by stock location; empty for one that nobody reported."""
        of_product = self._of(id_produto)
        return [of_product[id_armazem] for id_armazem in sorted(of_product)]

    def _of(self, id_produto: str) -> Mapping[str, Level]:
        place = bisect_left(self.ids, id_produto)
        is_there = place < len(self.ids) and self.ids[place] == id_produto
        return self.products[place] if is_there else {}

    def first_after(self, id_produto: str) -> int:
        """The place of the first product that comes after this one; 0 after the empty text."""
        return bisect_right(self.ids, id_produto)

    def totals(self) -> list[LocationTotals]:
        """The stock locations in order."""
        return [self.locations[id_armazem] for id_armazem in sorted(self.locations)]

    def silent(self, until: datetime | None) -> list[LocationTotals]:
        """The stock locations that are silent, the one that was heard of longest ago first, given
        that all records up to `until` are in these levels; none while that is not known."""
        if until is None:
            return []
        silent = [t for t in self.totals() if until - t.received_at > SILENT_AFTER]
        return sorted(silent, key=lambda totals: totals.received_at)


def _ordered(order: Iterable[int], column: Sequence[_Value]) -> list[_Value]:
    return list(map(column.__getitem__, order))


def _nothing_of(level: Level) -> LocationTotals:
    return LocationTotals(level.id_armazem, 0, 0, level.received_at)
