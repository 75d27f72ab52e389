"""What runs now, as a table."""

import time
from dataclasses import dataclass
from typing import Final

from vitrine_local import folder_lock
from vitrine_local.declared_parts import ports, ready_checks
from vitrine_local.lag import READ_KAFKA, LagWatch, lag_watch
from vitrine_local.layout import Layout
from vitrine_local.part import Check
from vitrine_local.processes import Process, Record, families, read_records
from vitrine_local.settings import HOST, Settings
from vitrine_local.usage import CpuMeter, memory

_MEBIBYTE: Final = 1024 * 1024
_CPU_SECONDS: Final = 1.0
_LAG_SECONDS: Final = 4.0
_SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part with all its processes: `memory` in bytes, `cpu` in cores, `lag` in records."""

    name: str
    state: str
    pid: int
    restarts: int
    cpu: float
    memory: int
    lag: str
    address: str


class StatusReader:
    """Reads the state of a folder's parts, repeatedly."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self._layout = layout
        self._settings = folder_lock.settings_of_holder(layout, settings)
        self._checks = ready_checks(self._settings)
        self._meter = CpuMeter()
        self._lags: dict[str, LagWatch] = {}
        self._meter.look(self._groups(self._records()))

    def read(self, *, wait_for_lag: float = 0.0) -> list[PartStatus]:
        """Every part that was started and not yet stopped, and the supervisor at the head.

        CPU is measured since the last call or, at the first call, since the object was made.
        """
        records = self._records()
        groups = self._groups(records)
        self._watch_lags(records)
        cores = self._meter.look(groups)
        found = []
        if holder := folder_lock.holder(self._layout):
            size = memory(groups[_SUPERVISOR])
            cpu = cores[_SUPERVISOR]
            found.append(PartStatus(_SUPERVISOR, "ready", holder.pid, 0, cpu, size, "", ""))
        for record in records:
            found.append(
                PartStatus(
                    record.name,
                    _state(record, self._checks.get(record.name)),
                    record.pid,
                    record.restarts,
                    cores[record.name],
                    memory(groups[record.name]),
                    self._lag_of(record.name, wait_for_lag),
                    self._address(record.name),
                )
            )
        return found

    def _records(self) -> list[Record]:
        """In the order of declaration, without parts that did their work and ended."""
        records = {record.name: record for record in read_records(self._layout.run)}
        known = [records.pop(name) for name in self._checks if name in records]
        return [*known, *(record for record in records.values() if record.process.alive)]

    def _groups(self, records: list[Record]) -> dict[str, list[Process]]:
        holder = folder_lock.holder(self._layout)
        return {_SUPERVISOR: [holder] if holder else [], **families(records)}

    def _watch_lags(self, records: list[Record]) -> None:
        """All at once, so that nobody waits for one after the other."""
        for name in {record.name for record in records}.intersection(READ_KAFKA):
            if name not in self._lags:
                self._lags[name] = lag_watch(name, self._settings, self._layout)

    def _lag_of(self, name: str, wait: float) -> str:
        watch = self._lags.get(name)
        return watch.newest(wait=wait) if watch else ""

    def _address(self, name: str) -> str:
        return ", ".join(f"{HOST}:{port}" for port in ports(self._settings, name).values())


def part_statuses(settings: Settings, layout: Layout) -> list[PartStatus]:
    """The state of all parts once. CPU is measured over one second, if anything runs."""
    reader = StatusReader(settings, layout)
    if folder_lock.holder(layout):
        time.sleep(_CPU_SECONDS)
    return reader.read(wait_for_lag=_LAG_SECONDS)


def table(found: list[PartStatus]) -> str:
    """Aligned columns, and the sums of CPU and memory."""
    rows = [_row("part", "state", "pid", "restarts", "CPU", "memory", "address")]
    for line in found:
        pid, restarts = str(line.pid), str(line.restarts)
        end = f"{line.address}  lag: {line.lag}" if line.lag else line.address
        usage = (_percent(line.cpu), _mebibytes(line.memory))
        rows.append(_row(line.name, line.state, pid, restarts, *usage, end))
    cpu, size = sum(line.cpu for line in found), sum(line.memory for line in found)
    rows.append(_row("all", "", "", "", _percent(cpu), _mebibytes(size), ""))
    return "\n".join(rows)


def _row(name: str, state: str, pid: str, restarts: str, cpu: str, size: str, address: str) -> str:
    row = f"{name:<17} {state:<10} {pid:>7} {restarts:>8} {cpu:>6} {size:>9}  {address}"
    return row.rstrip()


def _percent(cores: float) -> str:
    return f"{cores * 100:.0f} %"


def _mebibytes(size: int) -> str:
    return f"{size // _MEBIBYTE} MiB"


def _state(record: Record, check: Check | None) -> str:
    if record.state or not record.process.alive:
        return record.state or "dead"
    return "ready" if check is None or check() else "not ready"
