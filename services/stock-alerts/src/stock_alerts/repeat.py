"""Does something at intervals until it is told to stop, and waits longer after failures."""

from collections.abc import Callable
from threading import Event

from service_runtime.errors import PermanentError, TransientError
from service_runtime.retry import log_retry, pause_after


class Repeat:
    """Calls `act` every `every` seconds; after failures the pause doubles, up to `max_pause`."""

    def __init__(
        self, what: str, act: Callable[[], None], *, every: float, max_pause: float, stop: Event
    ) -> None:
        self.problem: str | None = f"{what}: not done yet"
        """Why the last attempt failed, for a readiness check; None while all is well."""
        self._what = what
        self._act = act
        self._every = every
        self._max_pause = max_pause
        self._stop = stop

    def run(self) -> None:
        """Return once `stop` is set. What is refused for good is tried again too, since a setting
        elsewhere may be changed meanwhile."""
        failures, waited = 0, 0.0
        while not self._stop.is_set():
            pause = self._every
            try:
                self._act()
            except (TransientError, PermanentError) as error:
                failures += 1
                pause = pause_after(failures, every=self._every, max_pause=self._max_pause)
                log_retry(self._what, error, waited=waited, wait=pause)
                waited += pause
                self.problem = str(error)
            else:
                failures, waited, self.problem = 0, 0.0, None
            self._stop.wait(pause)
