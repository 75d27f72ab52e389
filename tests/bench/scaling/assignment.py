"""Cooperative sticky assignment: even, and no partition moves that need not."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def sticky(owners: Ints, members: list[int]) -> Ints:
    """Who owns each partition next. Members keep what they have up to an even share."""
    result = np.full(len(owners), -1)
    if not members:
        return result
    least, more = divmod(len(owners), len(members))
    held = {member: list(np.flatnonzero(owners == member)) for member in members}
    room: list[int] = []
    for member in sorted(members, key=lambda m: -len(held[m])):
        share = least + (more > 0)
        more -= more > 0
        kept = held[member][:share]
        result[kept] = member
        room += [member] * (share - len(kept))
    result[result < 0] = room
    return result
