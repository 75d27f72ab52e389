"""The sales cube: units, revenue and distinct orders per day of the shop and product, in memory.

An order counts once in a period, whatever number of lines it has. Each day's count is exact by
itself; a `link` tells that an order of one day came again on a later one, so that a period
holding both days counts it once. Lines of one `id_pedido` more than `ORDER_REACH` apart are
two orders.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

ORDER_REACH: Final = timedelta(days=35)


class SalesLine(NamedTuple):
    """What one order sold of one product on one day."""

    id_pedido: str
    id_produto: str
    dia: date
    unidades: int
    centavos: int


class OrderDay(NamedTuple):
    """That an order has a line of this product on this day."""

    id_pedido: str
    id_produto: str
    dia: date


class CellRow(NamedTuple):
    """One day and product, whole."""

    dia: date
    id_produto: str
    unidades: int
    centavos: int
    pedidos: int


class Link(NamedTuple):
    """Orders of `dia` whose line of the product before that was on `anterior`."""

    id_produto: str
    anterior: date
    dia: date


@dataclass(slots=True)
class Cell:
    """Units, integer cents and distinct orders."""

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
    """Distinct orders per day over all products."""
    links: Counter[Link] = field(default_factory=Counter)

    @classmethod
    def load(
        cls, cells: Iterable[CellRow], orders: Iterable[tuple[date, int]], links: Counter[Link]
    ) -> "SalesCube":
        """A cube from figures that the warehouse has added up."""
        cube = cls(orders=Counter(dict(orders)), links=links)
        for row in cells:
            day = cube.days.setdefault(row.dia, {})
            day[row.id_produto] = Cell(row.unidades, row.centavos, row.pedidos)
            _add(cube.totals, row.id_produto, row.unidades, row.centavos, row.pedidos)
        for link, n in links.items():
            cube.totals[link.id_produto].pedidos -= n
        return cube

    def add(self, lines: Iterable[SalesLine], earlier: Iterable[OrderDay]) -> None:
        """Take in new lines. `earlier` names the days, at least those within ORDER_REACH of a
        new line, on which the same orders already have lines in the cube."""
        known = _KnownOrders(earlier)
        for line in lines:
            is_new = known.add_product_day(line)
            _add(
                self.days.setdefault(line.dia, {}),
                line.id_produto,
                line.unidades,
                line.centavos,
                is_new is not None,
            )
            grown = self._relink(line, is_new) if is_new is not None else 0
            _add(self.totals, line.id_produto, line.unidades, line.centavos, grown)
            self.orders[line.dia] += known.add_day(line)

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
        for link, n in self.links.items():
            if inicio <= link.anterior and link.dia <= fim:
                found[link.id_produto].pedidos -= n
        return found

    def _relink(self, line: SalesLine, others: set[date]) -> int:
        """Tie a new day of an order to its neighbours; by how much the product's orders grow."""
        before = max((d for d in others if d < line.dia), default=None)
        after = min((d for d in others if d > line.dia), default=None)
        bridged = self._link(line.id_produto, before, after, -1)
        left = self._link(line.id_produto, before, line.dia, 1)
        right = self._link(line.id_produto, line.dia, after, 1)
        return 1 + bridged - left - right

    def _link(self, product: str, first: date | None, second: date | None, n: int) -> bool:
        if first is None or second is None or second - first > ORDER_REACH:
            return False
        link = Link(product, first, second)
        self.links[link] += n
        if not self.links[link]:
            del self.links[link]
        return True


def _add(cells: dict[str, Cell], product: str, unidades: int, centavos: int, pedidos: int) -> None:
    cell = cells.get(product)
    if cell is None:
        cell = cells[product] = Cell()
    cell.unidades += unidades
    cell.centavos += centavos
    cell.pedidos += pedidos


class _KnownOrders:
    """On which days the orders of a batch have lines, growing while the batch is taken in."""

    def __init__(self, earlier: Iterable[OrderDay]) -> None:
        self._of_product: dict[tuple[str, str], set[date]] = {}
        self._days: set[tuple[str, date]] = set()
        for order in earlier:
            key = (order.id_pedido, order.id_produto)
            self._of_product.setdefault(key, set()).add(order.dia)
            self._days.add((order.id_pedido, order.dia))

    def add_product_day(self, line: SalesLine) -> set[date] | None:
        """The other days of that order and product if this day is new to them, else None."""
        days = self._of_product.setdefault((line.id_pedido, line.id_produto), set())
        if line.dia in days:
            return None
        others = set(days)
        days.add(line.dia)
        return others

    def add_day(self, line: SalesLine) -> bool:
        """Whether the order as a whole is new to that day."""
        key = (line.id_pedido, line.dia)
        is_new = key not in self._days
        self._days.add(key)
        return is_new
