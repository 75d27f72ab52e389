"""The shop's stock: levels that fall as customers buy and rise as deliveries arrive."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from threading import Lock
from typing import Final

LOCATIONS: Final = ("cd-sudeste", "cd-nordeste")
_FULL_FOR: Final = 3000
_REORDER_AT: Final = 600
_DELIVERED_AFTER: Final = (200, 1500)
"""In purchase lines of the whole shop, so that a seed decides levels, whatever the pace. A delivery
may come later than the reorder level lasts: then the product is sold out for a while."""
_SPARE: Final = 5
_UNITS_PER_LINE: Final = 1.5
"""Of one location: the three units of a mean line are shared by two locations."""
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Level:
    """The units of one product in one stock location since `moment`, and its place among all
    changes of that location."""

    id_produto: str
    units: int
    moment: datetime
    number: int


@dataclass(frozen=True, slots=True)
class LevelPage:
    """Levels in the order of their change; `last` is the number to go on after."""

    levels: list[Level]
    last: int
    more: bool


class StockLocation:
    """The levels of one location, and a log of their changes that keeps the last of each product.

    Safe for one thread that changes and others that read.
    """

    def __init__(self, id_armazem: str, levels: Mapping[str, int], moment: datetime) -> None:
        self.id_armazem = id_armazem
        self._levels: dict[str, Level] = {}
        self._log: list[tuple[int, str]] = []
        self._lock = Lock()
        for id_produto, units in levels.items():
            self.put(id_produto, units, moment)

    def units(self, id_produto: str) -> int:
        """0 of a product that the location does not have."""
        level = self._levels.get(id_produto)
        return level.units if level else 0

    def put(self, id_produto: str, units: int, moment: datetime) -> None:
        """Set a level. Its moment is later than that of the level before, even if the clock
        stands still."""
        with self._lock:
            before = self._levels.get(id_produto)
            if before is not None:
                moment = max(moment, before.moment + _TICK)
            number = self._log[-1][0] + 1 if self._log else 1
            self._levels[id_produto] = Level(id_produto, units, moment, number)
            self._log.append((number, id_produto))
            if len(self._log) > 2 * len(self._levels) + 1000:
                self._log = [entry for entry in self._log if self._is_last(entry)]

    def page(self, *, after: int, limit: int) -> LevelPage:
        """At most `limit` levels that changed after that number; 0 begins with all."""
        with self._lock:
            begin = bisect_right(self._log, after, key=lambda entry: entry[0])
            changed = [entry for entry in self._log[begin:] if self._is_last(entry)]
            levels = [self._levels[id_produto] for _, id_produto in changed[:limit]]
        return LevelPage(levels, levels[-1].number if levels else after, len(changed) > limit)

    def _is_last(self, entry: tuple[int, str]) -> bool:
        number, id_produto = entry
        return self._levels[id_produto].number == number


class Stock:
    """All locations. A seed decides every level; `clock` only dates the changes."""

    def __init__(
        self,
        shares: Mapping[str, float],
        rng: random.Random,
        *,
        clock: Callable[[], datetime],
        locations: Sequence[str] = LOCATIONS,
    ) -> None:
        """`shares` is how much of all units sold is of each product."""
        self._shares = shares
        self._rng = rng
        self._clock = clock
        self._lines = 0
        self._deliveries: list[tuple[int, str, str]] = []
        self._ordered: set[tuple[str, str]] = set()
        self.locations = {name: StockLocation(name, self._first(), clock()) for name in locations}

    def take(self, id_produto: str, units: int) -> bool:
        """Take the units of one purchase line from the location that has most; False if none has
        so many."""
        self._lines += 1
        self._deliver()
        location = max(self.locations.values(), key=lambda each: each.units(id_produto))
        left = location.units(id_produto) - units
        if left < 0:
            self._order(location, id_produto)
            return False
        location.put(id_produto, left, self._clock())
        if left <= self._lasting(id_produto, _REORDER_AT):
            self._order(location, id_produto)
        return True

    def _first(self) -> dict[str, int]:
        """Levels between the reorder level and the full one, as on any day."""
        return {
            id_produto: self._rng.randint(
                self._lasting(id_produto, _REORDER_AT), self._lasting(id_produto, _FULL_FOR)
            )
            for id_produto in self._shares
        }

    def _lasting(self, id_produto: str, lines: int) -> int:
        """Units that a location needs for so many purchase lines of the whole shop."""
        return _SPARE + round(self._shares[id_produto] * lines * _UNITS_PER_LINE)

    def _order(self, location: StockLocation, id_produto: str) -> None:
        key = (location.id_armazem, id_produto)
        if key not in self._ordered:
            self._ordered.add(key)
            heappush(self._deliveries, (self._lines + self._rng.randint(*_DELIVERED_AFTER), *key))

    def _deliver(self) -> None:
        while self._deliveries and self._deliveries[0][0] <= self._lines:
            _, id_armazem, id_produto = heappop(self._deliveries)
            self._ordered.discard((id_armazem, id_produto))
            full = self._lasting(id_produto, _FULL_FOR)
            self.locations[id_armazem].put(id_produto, full, self._clock())


def shares_of(popularities: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Weights of products as shares of their sum."""
    weights = dict(popularities)
    total = sum(weights.values())
    return {id_produto: weight / total for id_produto, weight in weights.items()}
