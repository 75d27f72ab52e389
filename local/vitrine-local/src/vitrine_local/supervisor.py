"""Starts parts as their needs become ready, watches them, and stops them in reverse."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from vitrine_local import processes, running
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.part import Part, stop_waves
from vitrine_local.processes import belonging_to, forget
from vitrine_local.running import Running

_POLL_SECONDS = 0.05

Report = Callable[[str, float], None]
"""Told the name of a part that became ready, and after how many seconds."""


class Supervisor:
    """Owns the parts that it started; not safe to share between threads.

    Dies it without `close`, a keeper process stops what it started.
    """

    def __init__(self, layout: Layout, report: Report, *, lock: int | None = None) -> None:
        self.hurried = False
        """Set it while stopping to wait for nothing more."""
        self._layout = layout
        self._report = report
        self._running: dict[str, Running] = {}
        self._keeper = _start_keeper(layout, lock)

    @property
    def names(self) -> set[str]:
        """The parts that it started and has not stopped."""
        return set(self._running)

    def start(self, parts: Mapping[str, Part]) -> None:
        """Start these, each as soon as its needs are ready, and return when all are.

        What runs already is left alone. Raises LocalError when a part needs one that is neither
        among them nor running, PartError for the first that fails or dies meanwhile; the others
        are left as they are.
        """
        waiting = {name: part for name, part in parts.items() if name not in self._running}
        self._require_needs(waiting)
        while waiting or not all(part.ready for part in self._running.values()):
            for name in [n for n, part in waiting.items() if self._all_ready(part.needs)]:
                self._running[name] = running.start(waiting.pop(name), self._layout)
            self._check()
            time.sleep(_POLL_SECONDS)

    def watch(self) -> None:
        """Return while all is well, at once; raises PartError where a part has died."""
        self._check()

    def stop(self, name: str) -> None:
        """Stop one part in its own way, and wait; what is not running is left."""
        self._end([name], processes.stop)

    def kill(self, name: str) -> None:
        """SIGKILL everything of a part, and wait."""
        self._end([name], processes.kill_all)

    def signal(self, name: str, number: int) -> None:
        """Signal every process of a part, such as SIGSTOP and SIGCONT."""
        processes.signal_all(belonging_to(self._one(name).record), number)

    def process_ids(self, name: str) -> list[int]:
        """Every process of a part that runs now."""
        return [process.pid for process in belonging_to(self._one(name).record)]

    def close(self) -> None:
        """Stop everything, nothing before what needs it. Safe to call again."""
        needs = {name: part.part.needs for name, part in self._running.items()}
        needs |= {need: () for part in list(needs.values()) for need in part if need not in needs}
        for wave in stop_waves(list(self._running), needs):
            self._end(wave, self._stop_unless_hurried)
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()

    def _stop_unless_hurried(self, records: Iterable[processes.Record]) -> None:
        processes.stop(records, hurried=lambda: self.hurried)

    def _end(self, names: Iterable[str], how: Callable[[list[processes.Record]], object]) -> None:
        ending = [self._running[name] for name in names if name in self._running]
        how([part.record for part in ending])
        for part in ending:
            part.child.wait()
            forget(self._layout.run, part.part.name)
            del self._running[part.part.name]

    def _one(self, name: str) -> Running:
        try:
            return self._running[name]
        except KeyError:
            raise LocalError(f"{name} is not running") from None

    def _require_needs(self, starting: Mapping[str, Part]) -> None:
        for name, part in starting.items():
            for need in part.needs:
                if need not in starting and need not in self._running:
                    raise LocalError(f"{name} needs {need}, which does not run")

    def _all_ready(self, names: Iterable[str]) -> bool:
        return all(name in self._running and self._running[name].ready for name in names)

    def _check(self) -> None:
        for name, part in self._running.items():
            was_ready = part.ready
            if part.check() and not was_ready:
                self._report(name, part.seconds())


def _start_keeper(layout: Layout, lock: int | None) -> subprocess.Popen[bytes]:
    """In a session of its own, so that no terminal's Ctrl-C reaches it.

    It holds the folder's lock on, so that no one starts parts while it stops the last ones.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "vitrine_local.keeper", str(layout.run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if lock is None else (lock,),
    )
