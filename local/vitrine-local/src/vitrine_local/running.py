"""A part that was started: its process, its log, whether it is ready or dead."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from vitrine_local import guard
from vitrine_local.failure import LocalError, PartError
from vitrine_local.layout import Layout
from vitrine_local.part import Part
from vitrine_local.preflight import DISK_REMEDY, disk_is_full
from vitrine_local.processes import MARK, Record, find

_TAIL_LINES = 12
_TAIL_BYTES = 16_384


@dataclass(slots=True)
class Running:
    """A part's process, child of this one."""

    part: Part
    record: Record
    child: subprocess.Popen[bytes]
    log: Path
    began: float
    ready: bool = False

    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.began

    def check(self) -> bool:
        """Whether it has become ready, or was before. Raises PartError when it ended or hangs."""
        code = self.child.poll()
        if code is not None and not (code == 0 and self.part.ready is None):
            raise self.error(_ending(code))
        if not self.ready:
            self.ready = code == 0 if self.part.ready is None else self.part.ready()
        if not self.ready and self.seconds() > self.part.ready_within:
            raise self.error(f"was not ready within {self.part.ready_within:.0f} s")
        return self.ready

    def error(self, reason: str) -> PartError:
        """What to raise about this part, with the end of its log."""
        folder = self.log.parent
        if disk_is_full(folder):
            reason = f"{reason}: the disk of {folder} is full, {DISK_REMEDY}"
        return PartError(self.part.name, reason, tail(self.log, _TAIL_LINES))


def start(part: Part, layout: Layout) -> Running:
    """Start a part in a session of its own, with a fresh log; the log before is kept once.

    The calling thread must live as long as the part: the kernel ends the part with it.
    """
    log = layout.log(part.name)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    mark = f"{layout.root}:{part.name}"
    environment = {**part.environment, MARK: mark}
    try:
        with log.open("wb") as output:
            child = subprocess.Popen(
                _guarded(part),
                env=environment,
                cwd=layout.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise LocalError(f"cannot start {part.name}: {error}") from error
    process = find(child.pid)
    record = Record(
        part.name,
        child.pid,
        process.started if process else 0,
        mark,
        int(part.stop_signal),
        part.stop_within,
    )
    record.write(layout.run)
    return Running(part, record, child, log, time.monotonic())


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log that say something; none where there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-lines:]


def _guarded(part: Part) -> list[str]:
    guarded = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(int(part.stop_signal))]
    return [*guarded, str(os.getpid()), *part.command]


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
