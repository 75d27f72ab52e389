"""CPU time of processes and of all that they started."""

from collections.abc import Iterable

import psutil


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


def _of(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
