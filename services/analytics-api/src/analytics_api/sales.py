"""The sales cube: net units, revenue and orders per day of the shop and product, in memory.

What is taken back is negative and lies on the day on which it was taken back. An order counts
in a period, for a product, when more units of it were bought there than taken back there,
whatever number of lines it has; on a day over all products, likewise by its units of all of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import NamedTuple


class SalesLine(NamedTuple):
    """What one order sold of one product on one day, less what it took back there."""

    id_pedido: str
    id_produto: str
    dia: date
    unidades: int
    centavos: int


class OrderDay(NamedTuple):
    """The units of a `SalesLine` that is in the cube already."""

    id_pedido: str
    id_produto: str
    dia: date
    unidades: int


class CellRow(NamedTuple):
    """One day and product, whole."""

    dia: date
    id_produto: str
    unidades: int
    centavos: int
    pedidos: int


class Span(NamedTuple):
    """Two different days; its weight corrects the orders of every period that holds both."""

    id_produto: str
    de: date
    ate: date


@dataclass(slots=True)
class Cell:
    """Units, integer cents and orders."""

    unidades: int = 0
    centavos: int = 0
    pedidos: int = 0


@dataclass(slots=True)
class SalesCube:
    """All that was sold. Not safe to share between threads."""

    days: dict[date, dict[str, Cell]] = field(default_factory=dict)
    totals: dict[str, Cell] = field(default_factory=dict)
    """Per product over all days."""
    orders: Counter[date] = field(default_factory=Counter)
    """Orders per day over all products."""
    spans: Counter[Span] = field(default_factory=Counter)
    """Of all orders with lines on several days, see `weights`."""

    @classmethod
    def load(
        cls, cells: Iterable[CellRow], orders: Iterable[tuple[date, int]], spans: Counter[Span]
    ) -> "SalesCube":
        """A cube from figures that the warehouse has added up."""
        cube = cls(orders=Counter(dict(orders)), spans=spans)
        for row in cells:
            day = cube.days.setdefault(row.dia, {})
            day[row.id_produto] = Cell(row.unidades, row.centavos, row.pedidos)
            _add(cube.totals, row.id_produto, row.unidades, row.centavos, row.pedidos)
        for span, weight in spans.items():
            cube.totals[span.id_produto].pedidos += weight
        return cube

    def add(self, lines: Iterable[SalesLine], earlier: Iterable[OrderDay]) -> None:
        """Take in new lines. `earlier` are all lines of the same orders that are in the cube."""
        new = list(lines)
        before = _Units(earlier)
        after = before.plus(OrderDay(*line[:4]) for line in new)
        for line in new:
            day = self.days.setdefault(line.dia, {})
            for cells in (day, self.totals):
                _add(cells, line.id_produto, line.unidades, line.centavos, 0)
        for order, product in {(line.id_pedido, line.id_produto) for line in new}:
            change = weights(after.of_product[order, product])
            change.subtract(weights(before.of_product.get((order, product), {})))
            self._change_orders(product, change)
        for order, dia in {(line.id_pedido, line.dia) for line in new}:
            grown = (after.of_day[order, dia] > 0) - (before.of_day[order, dia] > 0)
            self.orders[dia] += grown

    def today(self, dia: date) -> Cell:
        """One day over all products; nothing sold is zero."""
        cells = self.days.get(dia, {}).values()
        return Cell(
            sum(c.unidades for c in cells), sum(c.centavos for c in cells), self.orders[dia]
        )

    def period(self, inicio: date, fim: date) -> dict[str, Cell]:
        """Per product, both days included."""
        found: dict[str, Cell] = {}
        for dia, products in self.days.items():
            if inicio <= dia <= fim:
                for product, cell in products.items():
                    _add(found, product, cell.unidades, cell.centavos, cell.pedidos)
        for span, weight in self.spans.items():
            if inicio <= span.de and span.ate <= fim:
                found[span.id_produto].pedidos += weight
        return found

    def _change_orders(self, product: str, change: Mapping[tuple[date, date], int]) -> None:
        for (first, last), weight in change.items():
            self.totals[product].pedidos += weight
            if first == last:
                self.days[first][product].pedidos += weight
                continue
            span = Span(product, first, last)
            self.spans[span] += weight
            if not self.spans[span]:
                del self.spans[span]


def weights(units: Mapping[date, int]) -> Counter[tuple[date, date]]:
    """Weights of pairs of days of one order and product, of which those that lie within a
    period add up to 1 if more was bought than taken back there, else to 0.

    This is the Möbius inversion over intervals: the sums of many orders can be added, and any
    period can be asked for. Where every day adds units, only neighbours have a weight.
    """
    days = sorted(units)
    sums = [0, *accumulate(units[day] for day in days)]
    reach = 2 if min(units.values(), default=0) > 0 else len(days)

    def counts(start: int, end: int) -> int:
        return start < end and sums[end] > sums[start]

    found: Counter[tuple[date, date]] = Counter()
    for start, first in enumerate(days):
        for end, last in enumerate(days[start : start + reach], start + 1):
            outer = counts(start, end) - counts(start + 1, end)
            inner = counts(start, end - 1) - counts(start + 1, end - 1)
            if outer != inner:
                found[first, last] = outer - inner
    return found


def _add(cells: dict[str, Cell], product: str, unidades: int, centavos: int, pedidos: int) -> None:
    cell = cells.get(product)
    if cell is None:
        cell = cells[product] = Cell()
    cell.unidades += unidades
    cell.centavos += centavos
    cell.pedidos += pedidos


class _Units:
    """Units of some orders, per product and day, and per day over all products."""

    def __init__(self, lines: Iterable[OrderDay]) -> None:
        self._lines = list(lines)
        self.of_product: dict[tuple[str, str], Counter[date]] = {}
        self.of_day: Counter[tuple[str, date]] = Counter()
        for order, product, dia, units in self._lines:
            self.of_product.setdefault((order, product), Counter())[dia] += units
            self.of_day[order, dia] += units

    def plus(self, lines: Iterable[OrderDay]) -> "_Units":
        """These and more."""
        return _Units([*self._lines, *lines])
