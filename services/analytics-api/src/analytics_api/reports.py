"""Answers about sales: which products a question means, in what order, and where a page ends."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from typing import Any

from analytics_api.money import to_text
from analytics_api.sales import Cell, SalesCube


class CursorError(ValueError):
    """A cursor that no page of ours ever ended with."""


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Which sales are meant; both days included, None is open."""

    inicio: date | None = None
    fim: date | None = None
    id_produto: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list and the cursor of the next part, None at the end."""

    itens: list[dict[str, Any]]
    proximo_cursor: str | None


def summary(cube: SalesCube, chosen: SalesFilter, *, limite: int, cursor: str | None) -> Page:
    """Products that sold in the period by `id_produto`, at most `limite` after the cursor.

    A page goes on after the product where the last one ended, so products that appear in
    between neither repeat nor shift others.
    """
    cells = _chosen_cells(cube, chosen)
    names = sorted(cells)
    start = bisect_right(names, decode_cursor(cursor)) if cursor is not None else 0
    shown = names[start : start + limite]
    ends_here = start + limite >= len(names)
    return Page(
        [_product(name, cells[name]) for name in shown],
        None if ends_here else encode_cursor(shown[-1]),
    )


def best_sellers(cube: SalesCube, chosen: SalesFilter, *, limite: int) -> list[dict[str, Any]]:
    """Products by units, then revenue, both downwards, then `id_produto`."""
    cells = _chosen_cells(cube, chosen).items()
    best = nsmallest(limite, cells, key=lambda c: (-c[1].unidades, -c[1].centavos, c[0]))
    return [
        {"posicao": position, **_product(name, cell)}
        for position, (name, cell) in enumerate(best, start=1)
    ]


def _chosen_cells(cube: SalesCube, chosen: SalesFilter) -> Mapping[str, Cell]:
    if chosen.inicio is None and chosen.fim is None:
        cells = cube.totals
    else:
        cells = cube.period(chosen.inicio or date.min, chosen.fim or date.max)
    if chosen.id_produto is None:
        return cells
    return {p: cells[p] for p in (chosen.id_produto,) if p in cells}


def _product(name: str, cell: Cell) -> dict[str, Any]:
    return {
        "id_produto": name,
        "total_vendido": cell.unidades,
        "receita": to_text(cell.centavos),
        "pedidos": cell.pedidos,
    }


def encode_cursor(last: str) -> str:
    """Opaque to clients: the last product of a page."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The product after which to go on. Raises CursorError."""
    try:
        raw = cursor.encode("ascii")
        last = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        decoded = last.decode()
    except (UnicodeError, binascii.Error) as error:
        raise CursorError("not a cursor of this list") from error
    if not decoded or encode_cursor(decoded) != cursor:
        raise CursorError("not a cursor of this list")
    return decoded
