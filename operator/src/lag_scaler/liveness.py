"""Whether the process still does its work: its event loop, its background tasks, the loop of each
StreamScaler, the watch."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

LOOP_SILENT_SECONDS: Final = 30.0
WATCH_CHECK_SECONDS: Final = 30.0
_CHECKS_MISSED: Final = 3


class Version(NamedTuple):
    """An object at one generation of its spec."""

    uid: str
    generation: int


def unseen(listed: Mapping[str, Version], seen: Mapping[str, Version]) -> set[str]:
    """Names that a list has otherwise than the watch has shown: new, changed or gone."""
    return {name for name in listed.keys() | seen.keys() if listed.get(name) != seen.get(name)}


class Liveness:
    """Judged from another thread than the one that beats."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._beaten = clock()
        self._missed: dict[str, int] = {}
        self._checked = False
        self._tasks: list[asyncio.Task[None]] = []

    def needs(self, task: asyncio.Task[None]) -> None:
        """A task that must go on for as long as the process does."""
        self._tasks.append(task)

    def beat(self) -> None:
        """The event loop goes round."""
        self._beaten = self._clock()

    def compared(self, different: Iterable[str]) -> None:
        """What was otherwise in a list than in the watch; once is no news, since the two are not
        read at one moment."""
        self._missed = {name: self._missed.get(name, 0) + 1 for name in different}
        self._checked = True

    def problem(self) -> str | None:
        """What is dead, if anything is."""
        silent = self._clock() - self._beaten
        if silent > LOOP_SILENT_SECONDS:
            return f"the event loop has not gone round for {silent:.0f} s"
        ended = [task.get_name() for task in self._tasks if task.done()]
        if ended:
            return f"{ended[0]} has ended"
        missed = sorted(name for name, times in self._missed.items() if times >= _CHECKS_MISSED)
        if missed:
            return f"the watch does not show what became of {', '.join(missed)}"
        return None

    def unready(self) -> str | None:
        """What keeps it from its work."""
        return self.problem() or (None if self._checked else "the API server was not reached yet")
