"""What runs now, as a table."""

from dataclasses import dataclass

import psutil

from vitrine_local import claim
from vitrine_local.catalogue import ports, ready_checks
from vitrine_local.layout import Layout
from vitrine_local.processes import Process, belonging_to, read_records
from vitrine_local.settings import HOST, Settings

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One part: its state, first process, memory in bytes and address."""

    name: str
    state: str
    pid: int
    memory: int
    address: str


def lines(settings: Settings, layout: Layout) -> list[Line]:
    """Every part that was started and not yet stopped, and the supervisor at the head."""
    found = []
    settings = claim.told(layout, settings)
    if holder := claim.holder(layout):
        found.append(Line("supervisor", "ready", holder.pid, _memory([holder]), ""))
    checks = ready_checks(settings)
    for record in read_records(layout.run):
        check = checks.get(record.name)
        if check is None and not record.process.alive:
            continue
        state = "dead" if not record.process.alive else _state(check is None or check())
        address = ", ".join(f"{HOST}:{port}" for port in ports(settings, record.name).values())
        memory = _memory(belonging_to(record))
        found.append(Line(record.name, state, record.pid, memory, address))
    return found


def table(found: list[Line]) -> str:
    """Aligned columns and the sum of the memory."""
    rows = [f"{'part':<17} {'state':<9} {'pid':>7} {'memory':>9}  address"]
    for line in found:
        size = f"{line.memory // _MEBIBYTE} MiB"
        rows.append(f"{line.name:<17} {line.state:<9} {line.pid:>7} {size:>9}  {line.address}")
    total = sum(line.memory for line in found) // _MEBIBYTE
    rows.append(f"{'all':<17} {'':<9} {'':>7} {f'{total} MiB':>9}")
    return "\n".join(row.rstrip() for row in rows)


def _state(ready: bool) -> str:
    return "ready" if ready else "not ready"


def _memory(processes: list[Process]) -> int:
    """Proportional, so that what processes share counts once; 0 for what has just ended."""
    total = 0
    for process in processes:
        try:
            total += psutil.Process(process.pid).memory_full_info().pss
        except psutil.Error:
            continue
    return total
