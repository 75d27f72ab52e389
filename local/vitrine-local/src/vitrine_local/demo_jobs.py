"""The jobs of the demo: each runs soon after the start, and then every few minutes."""

import time
from collections.abc import Callable, Collection
from typing import Final

from vitrine_local.airflow import PARTS
from vitrine_local.deployables import DEPLOYABLES
from vitrine_local.failure import LocalError
from vitrine_local.platform import LocalPlatform

_FIRST_AFTER: Final = 20.0
"""Seconds in which the make-believe shop writes its exports, and the live numbers come first."""
_EVERY: Final = 600.0

Tell = Callable[[str, str], None]
"""Called with the name of a job and with what happened."""


def are_wanted(names: Collection[str]) -> bool:
    """Whether the demo runs them itself: with Airflow its DAGs do that work."""
    return "shop-simulator" in names and set(PARTS).isdisjoint(names)


class DemoJobs:
    """Runs one job at a time of those that `deployables.toml` gives a `demo_run`."""

    def __init__(self, platform: LocalPlatform, tell: Tell) -> None:
        self._platform = platform
        self._tell = tell
        names = [name for name, each in DEPLOYABLES.items() if each.demo_run]
        self._due = dict.fromkeys(names, time.monotonic() + _FIRST_AFTER)
        self._now: str | None = None
        self._began = 0.0

    def watch(self) -> None:
        """Start what is due, tell what ended, and return at once."""
        if self._now is not None:
            self._look_at(self._now)
            return
        for name, due in self._due.items():
            if self._now is None and time.monotonic() >= due:
                self._start(name)

    def _start(self, name: str) -> None:
        self._due[name] = time.monotonic() + _EVERY
        try:
            self._platform.start_job(name, DEPLOYABLES[name].demo_run)
        except LocalError as error:
            self._tell(name, str(error))
            return
        self._now, self._began = name, time.monotonic()

    def _look_at(self, name: str) -> None:
        code = self._platform.end_of_job(name)
        if code is None:
            return
        if code == 0:
            self._tell(name, f"done {time.monotonic() - self._began:7.1f} s")
        else:
            log = self._platform.layout.log(name)
            self._tell(name, f"ended with exit code {code}; its log: {log}")
        self._now = None
