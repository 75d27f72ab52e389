"""Starts each part once its needs are ready, watches the parts, and stops them in reverse order.

It starts dead parts again if its owner wants that.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from vitrine_local import processes, running_part
from vitrine_local.failure import LocalError, PartError
from vitrine_local.layout import Layout
from vitrine_local.part import Part, path_to_missing, stop_waves, with_needs
from vitrine_local.processes import belonging_to, forget
from vitrine_local.restarts import GIVEN_UP, Restarts
from vitrine_local.running_part import RunningPart

_POLL_SECONDS = 0.05

Report = Callable[[str, float], None]
"""Called with the name of a part that became ready, and with the seconds that it took."""


class Supervisor:
    """Owns the parts that it started; not safe to share between threads.

    If it dies without `close`, a cleanup process stops the parts. `restarts` starts parts again
    that die after they were ready; without it such a death is an error.
    """

    def __init__(
        self,
        layout: Layout,
        report: Report,
        *,
        lock: int | None = None,
        restarts: Restarts | None = None,
    ) -> None:
        self.hurried = False
        """Set it during `close`, which then kills the parts at once."""
        self._layout = layout
        self._report = report
        self._restarts = restarts
        self._running: dict[str, RunningPart] = {}
        self._jobs: dict[str, RunningPart] = {}
        self._cleanup = _start_cleanup(layout, lock)

    @property
    def names(self) -> set[str]:
        """The parts that it started and has not stopped."""
        return set(self._running)

    def start(self, parts: Mapping[str, Part]) -> None:
        """Start these, each as soon as its needs are ready, and return when all are.

        Parts that run already are not touched. Raises LocalError if a need, direct or indirect,
        is neither given nor running; PartError for the first part that fails, or dies and must
        not start again. The other parts keep running.
        """
        waiting = {name: part for name, part in parts.items() if name not in self._running}
        self._require_needs(waiting)
        self.watch()
        while waiting or not all(part.ready for part in self._running.values()):
            for name in [n for n, part in waiting.items() if self._all_ready(part.needs)]:
                self._running[name] = running_part.start(waiting.pop(name), self._layout)
            self.watch()
            self._require_none_given_up()
            time.sleep(_POLL_SECONDS)

    def start_job(self, job: Part) -> None:
        """Start a part that does its work once and ends, and return at once.

        Its failure is not the platform's: `end_of_job` tells it. Raises PartError where it cannot
        be started.
        """
        self._jobs[job.name] = running_part.start(job, self._layout)

    def end_of_job(self, name: str) -> int | None:
        """The exit code of a job that ended, told once; None while it runs."""
        code = self._jobs[name].child.poll()
        if code is not None:
            forget(self._layout.run, name)
            del self._jobs[name]
        return code

    def watch(self) -> None:
        """Start dead parts again whose pause is over, and return at once.

        Raises PartError if a part failed and must not start again.
        """
        for name, part in self._running.items():
            if part.is_dead:
                self._running[name] = self._started_again(part)
            else:
                self._look_at(part)

    def stop(self, *names: str) -> None:
        """Stop parts by their stop signals and wait for their end, each after those of them that
        need it; nothing for one that does not run."""
        running = [name for name in names if name in self._running]
        for wave in stop_waves(running, self._needs_and_stopped()):
            self._end(self._running, wave, self._stop_unless_hurried)

    def kill(self, name: str) -> None:
        """SIGKILL all processes of a part, and wait for their end."""
        self._end(self._running, [name], processes.kill_all)

    def signal(self, name: str, number: int) -> None:
        """Send a signal, such as SIGSTOP or SIGCONT, to every process of a part."""
        processes.signal_all(belonging_to(self._one(name).record), number)

    def process_ids(self, name: str) -> list[int]:
        """Every process of a part that runs now."""
        return [process.pid for process in belonging_to(self._one(name).record)]

    def close(self) -> None:
        """Stop the jobs, then every part, each after all parts that need it. Safe to call again."""
        self._end(self._jobs, list(self._jobs), self._stop_unless_hurried)
        self.stop(*self._running)
        if self._cleanup.stdin:
            self._cleanup.stdin.close()
        self._cleanup.wait()

    def _stop_unless_hurried(self, records: Iterable[processes.Record]) -> None:
        processes.stop(records, hurried=lambda: self.hurried)

    def _end(
        self,
        held: dict[str, RunningPart],
        names: Iterable[str],
        how: Callable[[list[processes.Record]], object],
    ) -> None:
        ending = [held[name] for name in names if name in held]
        how([part.record for part in ending])
        for part in ending:
            part.child.wait()
            forget(self._layout.run, part.part.name)
            del held[part.part.name]

    def _one(self, name: str) -> RunningPart:
        try:
            return self._running[name]
        except KeyError:
            raise LocalError(f"{name} is not running") from None

    def _needs(self) -> dict[str, tuple[str, ...]]:
        return {name: part.part.needs for name, part in self._running.items()}

    def _needs_and_stopped(self) -> dict[str, tuple[str, ...]]:
        """The needs of the running parts; a need that was stopped has none itself."""
        needs = self._needs()
        stopped = {need for part in needs.values() for need in part if need not in needs}
        return needs | dict.fromkeys(stopped, ())

    def _require_needs(self, starting: Mapping[str, Part]) -> None:
        needs = self._needs() | {name: part.needs for name, part in starting.items()}
        for name in starting:
            if path := path_to_missing(name, needs):
                chain = ", ".join(f"{one} needs {need}" for one, need in pairwise(path))
                raise LocalError(f"{chain}, which does not run")

    def _require_none_given_up(self) -> None:
        for part in self._running.values():
            if part.record.state == GIVEN_UP:
                raise part.error("died again and again")

    def _all_ready(self, names: Iterable[str]) -> bool:
        return all(name in self._running and self._running[name].ready for name in names)

    def _look_at(self, part: RunningPart) -> None:
        was_ready = part.ready
        try:
            if part.check() and not was_ready:
                self._report(part.part.name, part.seconds())
        except PartError as error:
            told = self._with_silent_needs(part, error)
            first = not part.ready and not part.record.restarts
            if self._restarts is None or first:
                raise told from None
            self._restarts.end_dead(part, told, self._layout)

    def _started_again(self, part: RunningPart) -> RunningPart:
        if self._restarts is None or not self._restarts.is_due(part.part.name):
            return part
        if not self._all_ready(part.part.needs):
            return part
        return self._restarts.start_again(part, self._layout)

    def _with_silent_needs(self, part: RunningPart, error: PartError) -> PartError:
        """The error; if the part lives, with the names of the needs that do not answer."""
        if error.code is not None:
            return error
        needs = with_needs([part.part.name], self._needs_and_stopped())[:-1]
        silent = [name for name in needs if not self._answers(name)]
        if not silent:
            return error
        return part.error(f"{error.reason}: it needs {', '.join(silent)}, which does not answer")

    def _answers(self, name: str) -> bool:
        """Whether a part that runs answers now; `RunningPart.ready` says if it did before."""
        if name not in self._running:
            return False
        ready = self._running[name].part.ready
        return ready is None or ready()


def _start_cleanup(layout: Layout, lock: int | None) -> subprocess.Popen[bytes]:
    """Start the cleanup process in a session of its own, so that no terminal's Ctrl-C stops it.

    It inherits the folder's lock, so that nobody starts parts while it stops the last ones.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "vitrine_local.cleanup", str(layout.run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if lock is None else (lock,),
    )
