"""Work in pieces that are not too large."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def grouped(
    items: Iterable[_Item], size: Callable[[_Item], int], *, at_most: int
) -> Iterator[list[_Item]]:
    """The items in their order, in groups whose sizes add up to `at_most` or less; an item that is
    larger is a group alone."""
    group: list[_Item] = []
    held = 0
    for item in items:
        if group and held + size(item) > at_most:
            yield group
            group, held = [], 0
        group.append(item)
        held += size(item)
    if group:
        yield group
