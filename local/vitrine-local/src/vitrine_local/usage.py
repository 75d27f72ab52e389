"""What processes use: CPU between two readings, and memory."""

import time
from collections.abc import Iterable, Mapping

import psutil

from vitrine_local.processes import Process

Seconds = Mapping[Process, float]
"""CPU seconds of each process since it began."""


class CpuMeter:
    """Cores used by groups of processes since the last reading."""

    def __init__(self) -> None:
        self._seen: Seconds = {}
        self._at = time.monotonic()

    def look(self, groups: Mapping[str, Iterable[Process]]) -> dict[str, float]:
        """Cores of each group; 1.0 is one core busy all the time. A process counts from the
        second reading that has it."""
        now = time.monotonic()
        seen = {process: _cpu_seconds(process) for group in groups.values() for process in group}
        passed = max(now - self._at, 0.001)
        cores = {
            name: sum(max(seen[p] - self._seen.get(p, seen[p]), 0.0) for p in group) / passed
            for name, group in groups.items()
        }
        self._seen, self._at = seen, now
        return cores


def memory(processes: Iterable[Process]) -> int:
    """Bytes, proportional, so that what processes share counts once; 0 for what has just ended."""
    total = 0
    for process in processes:
        try:
            total += psutil.Process(process.pid).memory_full_info().pss
        except psutil.Error:
            continue
    return total


def _cpu_seconds(process: Process) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
