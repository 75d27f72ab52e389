"""Gives a stream the number of executors that a ConfigMap asks for, in a thread of its own and
without a restart, and answers there what it has."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final, Protocol

from service_runtime.errors import PermanentError, TransientError
from service_runtime.executor_request import ExecutorAnswer, wanted_executors
from service_runtime.retry import log_retry
from spark_runtime.executor_scaling import ExecutorState, steps_to, told
from spark_runtime.spark_executors import INSTANCES

EVERY_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 20.0
"""How old an answer may become that has not changed; who reads it believes one for a minute."""
_STOPS_WITHIN: Final = 10.0

logger = logging.getLogger(__name__)


class RequestData(Protocol):
    """Where the number is asked for, and answered."""

    def read(self) -> Mapping[str, str]:
        """All of it."""

    def merge(self, data: Mapping[str, str]) -> None:
        """Set these keys."""


class Executors(Protocol):
    """Those of the application."""

    def look(self) -> ExecutorState:
        """As they are now."""

    def request(self, count: int) -> None:
        """Ask the cluster for so many in all."""

    def decommission(self, names: tuple[str, ...]) -> None:
        """Let these end after their tasks."""


def initial_properties(data: RequestData) -> dict[str, str]:
    """The Spark properties with which a session starts with the wanted executors. Empty where no
    number was asked for, or the API server does not tell it: the agent asks again."""
    try:
        wanted = wanted_executors(data.read())
    except (TransientError, PermanentError) as error:
        logger.warning("the number of executors is not known", extra={"why": str(error)})
        return {}
    return {} if wanted is None else {INSTANCES: str(wanted)}


class ExecutorAgent:
    """While the API server or Spark refuses, the executors stay as they are."""

    def __init__(
        self,
        data: RequestData,
        executors: Executors,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._data = data
        self._executors = executors
        self._clock = clock
        self._answered: ExecutorAnswer | None = None
        self._failing_since: float | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="executors", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it after what it is doing, and wait for that."""
        self._stopping.set()
        self._thread.join(_STOPS_WITHIN)

    def advance(self) -> None:
        """Read what is wanted, take the next steps to it, and answer. Raises what `data` and
        `executors` raise."""
        wanted, problem = _understood(self._data.read())
        state = self._executors.look()
        steps = steps_to(wanted, state)
        if steps.request is not None:
            logger.info("executors requested", extra={"count": steps.request})
            self._executors.request(steps.request)
        if steps.decommission:
            logger.info("executors decommissioned", extra={"executors": steps.decommission})
            self._executors.decommission(steps.decommission)
        self._answer(self._executors.look(), problem)

    def _answer(self, state: ExecutorState, problem: str | None) -> None:
        answer = ExecutorAnswer(
            requested=state.requested,
            running=len(state.running),
            message=told(state, problem),
            at=self._clock(),
        )
        if self._answered is None or _is_due(answer, self._answered):
            self._data.merge(answer.to_data())
            self._answered = answer

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.advance()
                self._failing_since = None
            except (TransientError, PermanentError) as error:
                self._log(error)
            self._stopping.wait(EVERY_SECONDS)

    def _log(self, error: Exception) -> None:
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        waited = now - self._failing_since
        log_retry("the number of executors", error, waited=waited, wait=EVERY_SECONDS)


def _understood(data: Mapping[str, str]) -> tuple[int | None, str | None]:
    """What is wanted, or why that is not known."""
    try:
        return wanted_executors(data), None
    except PermanentError as error:
        return None, str(error)


def _is_due(answer: ExecutorAnswer, last: ExecutorAnswer) -> bool:
    aged = (answer.at - last.at).total_seconds() >= ANSWER_SECONDS
    return aged or replace(answer, at=last.at) != last
