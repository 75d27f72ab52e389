"""An estimate of what a product would have sold while it was out of stock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

LOOK_BACK: Final = timedelta(days=7)
"""How far back an estimate goes; what is usual is what was so in that time."""
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Demand:
    """What customers did with a product, and net sales, in `seconds` of time."""

    seconds: int = 0
    views: int = 0
    carts: int = 0
    units: int = 0
    revenue: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class LostSales:
    """`units` and `revenue` are None if nothing is known that would tell what is usual."""

    since: datetime
    until: datetime
    sold_out: Demand
    units: float | None
    revenue: Decimal | None


def lost_sales(in_stock: Demand, sold_out: Demand) -> tuple[float, Decimal] | None:
    """Units and revenue; None without a view or an addition in stock. See docs/stock.md."""
    if sold_out.seconds <= 0:
        return 0.0, Decimal("0.00")
    sold = max(0, in_stock.units)
    signals = ((sold_out.views, in_stock.views), (sold_out.carts, in_stock.carts))
    expected = [out * sold / usual for out, usual in signals if usual > 0]
    if not expected:
        return None
    units = max(0.0, max(expected) - max(0, sold_out.units))
    if units == 0:
        return 0.0, Decimal("0.00")
    price = max(Decimal(0), in_stock.revenue) / sold
    return units, (Decimal(units) * price).quantize(_CENT)
