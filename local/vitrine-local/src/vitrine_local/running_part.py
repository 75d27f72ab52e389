"""A part that was started: its process, its log, and whether it is ready or dead."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from vitrine_local import death_signal, processes
from vitrine_local.failure import PartError
from vitrine_local.layout import Layout
from vitrine_local.part import Part
from vitrine_local.preflight import DISK_REMEDY, disk_is_full
from vitrine_local.processes import MARK, Record, find

_TAIL_LINES = 12
_TAIL_BYTES = 16_384


@dataclass(slots=True)
class RunningPart:
    """A part's process, child of this one."""

    part: Part
    record: Record
    child: subprocess.Popen[bytes]
    log: Path
    began: float
    ready_at: float | None = None
    deaths: int = 0
    """How often it died in a row, each time soon after it became ready."""

    @property
    def ready(self) -> bool:
        """Whether it has become ready and has not died since."""
        return self.ready_at is not None

    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.began

    def ready_seconds(self) -> float:
        """How long ago it became ready; 0 where it never was."""
        return 0.0 if self.ready_at is None else time.monotonic() - self.ready_at

    def check(self) -> bool:
        """Whether it is or was ready. Raises PartError if it ended, or is not ready in time."""
        code = self.child.poll()
        if code is not None and not (code == 0 and self.part.ready is None):
            raise self.error(_ending(code), code)
        if not self.ready and (code == 0 if self.part.ready is None else self.part.ready()):
            self.ready_at = time.monotonic()
        if not self.ready and self.seconds() > self.part.ready_within:
            raise self.error(f"was not ready within {self.part.ready_within:.0f} s")
        return self.ready

    def error(self, reason: str, code: int | None = None) -> PartError:
        """An error about this part, with the end of its log."""
        folder = self.log.parent
        if disk_is_full(folder):
            reason = f"{reason}: the disk of {folder} is full, {DISK_REMEDY}"
        return PartError(self.part.name, reason, tail(self.log, _TAIL_LINES), code)

    @property
    def is_dead(self) -> bool:
        """Whether it died and has not been started again."""
        return bool(self.record.state)

    def end_dead(self, layout: Layout, state: str) -> None:
        """Kill what is left of a dead part, such as a child with its port; keep its record."""
        processes.kill_all([self.record])
        self.child.wait()
        self.ready_at = None
        self.record = replace(self.record, state=state)
        self.record.write(layout.run)


def start(part: Part, layout: Layout, *, restarts: int = 0) -> RunningPart:
    """Start a part in a session of its own, in an empty folder for temporary files.

    A new log begins, and one older log is kept; a part that died appends to its log. Raises
    PartError. The calling thread must live as long as the part: the kernel ends both together.
    """
    log = layout.log(part.name)
    if log.exists() and not restarts:
        log.replace(log.with_name(f"{log.name}.1"))
    layout.renew_temporary_of(part.name)
    mark = f"{layout.root}:{part.name}"
    environment = {**part.environment, MARK: mark}
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                _with_death_signal(part),
                env=environment,
                cwd=layout.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise PartError(part.name, f"cannot be started: {error}", []) from error
    process = find(child.pid)
    record = Record(
        part.name,
        child.pid,
        process.started if process else 0,
        mark,
        int(part.stop_signal),
        part.stop_within,
        data=os.path.realpath(layout.data / part.name),
        restarts=restarts,
    )
    record.write(layout.run)
    return RunningPart(part, record, child, log, time.monotonic())


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log that are not blank; none if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def _with_death_signal(part: Part) -> list[str]:
    program, number = str(Path(death_signal.__file__)), str(int(part.stop_signal))
    return [sys.executable, "-I", "-S", program, number, str(os.getpid()), *part.command]


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
