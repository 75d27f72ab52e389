"""The products that webhooks named and that are still to be read."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

COLLECTING_SECONDS: Final = 1.0
"""From the first hint to its reading: an order changes several products, and each has a webhook."""
MOST_WAITING: Final = 10_000
"""Of one source; what finds no room is left to the rounds."""


class Hints:
    """The hints of one source, each product once, in their order of arrival. They are lost with
    the process: a round reads what they name, at the latest one that reads all. `clock` gives
    seconds that only grow."""

    def __init__(self, *, most_at_once: int, clock: Callable[[], float]) -> None:
        self._most_at_once = most_at_once
        self._clock = clock
        self._waiting: dict[int, None] = {}
        self._due_at = 0.0
        self._came = asyncio.Event()

    @property
    def due_at(self) -> float | None:
        """When they may be read; None where none waits."""
        return self._due_at if self._waiting else None

    def add(self, products: Iterable[int]) -> bool:
        """Add products; False if there was no room for some, which are dropped."""
        wanted = [each for each in dict.fromkeys(products) if each not in self._waiting]
        taken = wanted[: MOST_WAITING - len(self._waiting)]
        if taken and not self._waiting:
            self._due_at = self._clock() + COLLECTING_SECONDS
            self._came.set()
        self._waiting |= dict.fromkeys(taken)
        return len(taken) == len(wanted)

    def take(self) -> list[int]:
        """Remove and return the products of one reading; the others are due at once."""
        taken = list(islice(self._waiting, self._most_at_once))
        for each in taken:
            del self._waiting[each]
        return taken

    def put_back(self, products: Iterable[int]) -> None:
        """Put products of a reading that was broken off before all others."""
        if not self._waiting:
            self._due_at = self._clock()
        self._waiting = dict.fromkeys(products) | self._waiting

    async def wait(self, seconds: float) -> None:
        """Returns after so long, or as soon as the first hint comes."""
        self._came.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._came.wait()
        except TimeoutError:
            return
