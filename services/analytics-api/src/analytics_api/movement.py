"""How a product's place among the most viewed has changed since the hour before."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import inf
from typing import Literal

Movimento = Literal["subiu", "desceu", "manteve", "novo"]


def places_of(products: Iterable[str], views: Mapping[str, int]) -> dict[str, int]:
    """The place of each of these by views among all, 1 is best, ties by `id_produto`; without those
    that nobody viewed. All views are looked through once."""
    ranked = sorted((-n, name) for name in products if (n := views.get(name, 0)) > 0)
    least = ranked[-1][0] if ranked else -inf
    better = [0] * (len(ranked) + 1)
    for name, n in views.items():
        if -n <= least:
            better[bisect_right(ranked, (-n, name))] += 1
    return {name: 1 + count for (_, name), count in zip(ranked, accumulate(better), strict=False)}


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
