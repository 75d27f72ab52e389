"""The stock in memory: the latest level of each product in each stock location.

Values never change: a change makes new ones, so that any thread may read.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

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
    """All levels, by product and stock location."""

    products: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    locations: Mapping[str, LocationTotals] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    """The products in order."""

    def changed(self, levels: Iterable[Level]) -> "StockLevels":
        """The levels after these took the place of those of the same product and location."""
        products, locations = dict(self.products), dict(self.locations)
        for level in levels:
            of_product = products.get(level.id_produto, {})
            before = of_product.get(level.id_armazem)
            products[level.id_produto] = {**of_product, level.id_armazem: level}
            known = locations.get(level.id_armazem) or _nothing_of(level)
            locations[level.id_armazem] = known.plus(level, before)
        new = products.keys() - self.products.keys()
        ids = tuple(sorted((*self.ids, *new))) if new else self.ids
        return StockLevels(products, locations, ids)

    def of(self, id_produto: str) -> list[Level]:
        """The levels of a product by stock location; empty for one that nobody reported."""
        of_product = self.products.get(id_produto, {})
        return [of_product[id_armazem] for id_armazem in sorted(of_product)]

    def units(self, id_produto: str) -> int:
        """The units of a product in all stock locations."""
        return sum(level.units for level in self.products.get(id_produto, {}).values())

    def after(self, id_produto: str) -> Iterator[str]:
        """The products that come after this one, in order; all of them after the empty text."""
        for index in range(bisect_right(self.ids, id_produto), len(self.ids)):
            yield self.ids[index]

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


def _nothing_of(level: Level) -> LocationTotals:
    return LocationTotals(level.id_armazem, 0, 0, level.received_at)
