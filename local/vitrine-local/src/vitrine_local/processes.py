"""Processes of the kernel: which are alive, which belong to a part, and how to end them.

A process is identified by its number and its start, so that a reused number is not mistaken for it.
Everything that a part starts carries MARK in its environment.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "VITRINE_PART"

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Process:
    """One process; `started` is in clock ticks since the machine came up."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether it runs; a zombie does not."""
        return find(self.pid) == self

    def send(self, number: int) -> None:
        """Signal it, if it is still the same process."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


@dataclass(frozen=True, slots=True)
class Record:
    """A part that was started: its process, its mark, how it wants to be stopped.

    `data` is where it keeps its data; `state` is what its supervisor says of it once it has died.
    """

    name: str
    pid: int
    started: int
    mark: str
    stop_signal: int = signal.SIGTERM
    stop_within: float = 10.0
    data: str = ""
    restarts: int = 0
    state: str = ""

    @property
    def process(self) -> Process:
        """The part's first process."""
        return Process(self.pid, self.started)

    def write(self, folder: Path) -> None:
        """Write the record to a file, atomically, so that other processes can read it."""
        partial = folder / f"{self.name}.partial"
        partial.write_text(json.dumps(asdict(self)), "utf-8")
        partial.replace(folder / f"{self.name}.json")


def read_records(folder: Path) -> list[Record]:
    """Every record of a folder, oldest process first."""
    records = []
    for path in folder.glob("*.json"):
        try:
            records.append(Record(**json.loads(path.read_text("utf-8"))))
        except FileNotFoundError:
            continue
    return sorted(records, key=lambda record: record.started)


def forget(folder: Path, name: str) -> None:
    """Remove a record; one that is gone already is well."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def find(pid: int) -> Process | None:
    """The process that has this number now, if it runs."""
    fields = _stat(pid)
    return Process(pid, int(fields[19])) if fields else None


def belonging_to(record: Record) -> list[Process]:
    """The part's process, its children, its group, and all that carry its mark."""
    return families([record])[record.name]


def families(records: Iterable[Record]) -> dict[str, list[Process]]:
    """What belongs to each of these parts, in one look at all processes."""
    records = list(records)
    leaders = {record.name: record.process.alive for record in records}
    found: dict[str, list[Process]] = {record.name: [] for record in records}
    for pid in _all_pids():
        fields = _stat(pid)
        if not fields or pid == os.getpid():
            continue
        related_pids = (pid, int(fields[1]), int(fields[2]))
        environment = _environment(pid)
        for record in records:
            related = leaders[record.name] and record.pid in related_pids
            if related or _is_marked(pid, environment, record):
                found[record.name].append(Process(pid, int(fields[19])))
    return found


def _is_marked(pid: int, environment: list[bytes], record: Record) -> bool:
    """Whether a process is of this part, by the mark in its environment. PostgreSQL's processes
    overwrite theirs with a title; those are known by their working folder."""
    if any(environment):
        return f"{MARK}={record.mark}".encode() in environment
    return bool(record.data) and _working_folder(pid) == record.data


def signal_all(processes: Iterable[Process], number: int) -> None:
    """Signal each."""
    for process in processes:
        process.send(number)


def stop(records: Iterable[Record], *, hurried: Callable[[], bool] = lambda: False) -> None:
    """Ask each in its own way, wait as long as it may take, then kill whatever is left.

    Returns when nothing of them runs; waits no longer once `hurried`. A zombie child of the
    caller counts as ended and is left to the caller.
    """
    records = list(records)
    family = families(records)
    asked = time.monotonic()
    for record in records:
        record.process.send(record.stop_signal)
        signal_all(family[record.name], signal.SIGCONT)
    for record in records:
        wait_until_gone([record.process], asked + record.stop_within, hurried)
    for record in records:
        _kill(record, also=family[record.name])


def kill_all(records: Iterable[Record]) -> None:
    """SIGKILL all processes of these parts, and wait until none of them runs."""
    for record in records:
        _kill(record, also=())


def _kill(record: Record, *, also: Iterable[Process]) -> None:
    left = {*also, *belonging_to(record)}
    while left := {process for process in left if process.alive}:
        signal_all(left, signal.SIGKILL)
        wait_until_gone(left, time.monotonic() + 1)
        left |= set(belonging_to(record))


def wait_until_gone(
    processes: Iterable[Process], deadline: float, hurried: Callable[[], bool] = lambda: False
) -> bool:
    """Whether all had ended by then; `deadline` is on the monotonic clock."""
    left = list(processes)
    while left := [process for process in left if process.alive]:
        if hurried() or time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty for what has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return []
    fields = text.rpartition(")")[2].split()
    return [] if fields[0] in "ZX" else fields


def _working_folder(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
