"""CPU time of processes and of all that they started."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import psutil

_EVERY_SECONDS: Final = 0.25


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and of their children that have ended.

    A child that still runs is counted only where it is among them.
    """
    return sum(map(_of, pids))


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


class FamilyTime:
    """CPU time of a process and all its descendants, those that have ended too."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._last: dict[tuple[int, float], float] = {}
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Each as it was last seen: call this more often than processes end."""
        with self._lock:
            for pid in family(self._pid):
                try:
                    process = psutil.Process(pid)
                    times = process.cpu_times()
                    self._last[pid, process.create_time()] = times.user + times.system
                except psutil.NoSuchProcess:
                    continue
            return sum(self._last.values())


@contextmanager
def watched(pid: int) -> Iterator[FamilyTime]:
    """The time of a family while a thread looks at it four times a second. Spark's workers end
    when they are idle, and their time is then in none of the others."""
    found, ended = FamilyTime(pid), threading.Event()

    def look() -> None:
        while not ended.wait(_EVERY_SECONDS):
            found.seconds()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _of(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
