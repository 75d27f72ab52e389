"""How a product's place among the most viewed has changed since the hour before."""

from collections.abc import Mapping
from typing import Literal

Movimento = Literal["subiu", "desceu", "manteve", "novo"]


def place_of(id_produto: str, views: Mapping[str, int]) -> int | None:
    """The place by views, 1 is best, ties by `id_produto`; None without views."""
    own = views.get(id_produto, 0)
    if own <= 0:
        return None
    mine = (-own, id_produto)
    return 1 + sum((-n, other) < mine for other, n in views.items())


def movement(place: int, before: int | None, *, is_known: bool) -> Movimento | None:
    """From the place in the hour before, None for a product that nobody viewed then; None where
    nothing is known of that hour."""
    if not is_known:
        return None
    if before is None:
        return "novo"
    if place == before:
        return "manteve"
    return "subiu" if place < before else "desceu"
