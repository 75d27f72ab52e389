"""The jobs of the demo: they run soon after the start, and then every few minutes."""

import time
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from vitrine_local.airflow import PARTS
from vitrine_local.deployables import DEPLOYABLES
from vitrine_local.failure import LocalError
from vitrine_local.platform import LocalPlatform

_FIRST_AFTER: Final = 20.0
"""Seconds in which the make-believe shop writes its exports, and the live numbers come first."""
_EVERY: Final = 600.0

_Run: TypeAlias = tuple[str, tuple[str, ...]]
"""A job's name and its arguments, the first of which says what it does."""
Tell: TypeAlias = Callable[[str, str], None]
"""Called with the name of a job and with what happened."""


def are_wanted(names: Collection[str]) -> bool:
    """Whether the demo runs them itself: with Airflow its DAGs do that work."""
    return "shop-simulator" in names and set(PARTS).isdisjoint(names)


class DemoJobs:
    """Does one run at a time of those that `deployables.toml` gives jobs as `demo_runs`."""

    def __init__(self, platform: LocalPlatform, tell: Tell) -> None:
        self._platform = platform
        self._tell = tell
        runs = [(name, run) for name, each in DEPLOYABLES.items() for run in each.demo_runs]
        self._due = dict.fromkeys(runs, time.monotonic() + _FIRST_AFTER)
        self._now: _Run | None = None
        self._began = 0.0

    def watch(self) -> None:
        """Start what is due, tell what ended, and return at once."""
        if self._now is not None:
            self._look_at(self._now)
            return
        for run, due in self._due.items():
            if self._now is None and time.monotonic() >= due:
                self._start(run)

    def _start(self, run: _Run) -> None:
        self._due[run] = time.monotonic() + _EVERY
        name, arguments = run
        try:
            self._platform.start_job(name, arguments)
        except LocalError as error:
            self._tell(name, str(error))
            return
        self._now, self._began = run, time.monotonic()

    def _look_at(self, run: _Run) -> None:
        name, (command, *_) = run
        code = self._platform.end_of_job(name)
        if code is None:
            return
        if code == 0:
            self._tell(name, f"done {time.monotonic() - self._began:7.1f} s: {command}")
        else:
            log = self._platform.layout.log(name)
            self._tell(name, f"{command} ended with exit code {code}; its log: {log}")
        self._now = None
