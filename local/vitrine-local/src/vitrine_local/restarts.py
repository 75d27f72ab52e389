"""Restarts parts that died, each after a pause, and gives up those that die too often."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vitrine_local import running_part
from vitrine_local.commands import command
from vitrine_local.failure import PartError
from vitrine_local.layout import Layout
from vitrine_local.preflight import port_is_free, port_owner
from vitrine_local.restart_policy import RestartPolicy, Verdict, judge
from vitrine_local.running_part import RunningPart

WAITING: Final = "restarting"
GIVEN_UP: Final = "given up"

Tell = Callable[[str, str], None]
"""Called with the name of a part that died, and with how it died and what happens next."""


class Restarts:
    """Decides when each dead part starts again, and starts it."""

    def __init__(self, tell: Tell, policy: RestartPolicy | None = None) -> None:
        self._tell = tell
        self._policy = policy or RestartPolicy()
        self._due: dict[str, float] = {}

    def end_dead(self, part: RunningPart, error: PartError, layout: Layout) -> None:
        """Kill what is left of a part that died, and decide when it starts again."""
        final = part.part.final_exits.get(error.code or 0)
        verdict = judge(
            self._policy,
            deaths=part.deaths,
            ready_for=part.ready_seconds(),
            final=final is not None,
        )
        part.deaths = verdict.deaths
        part.end_dead(layout, GIVEN_UP if verdict.pause is None else WAITING)
        pause = math.inf if verdict.pause is None else verdict.pause
        self._due[part.part.name] = time.monotonic() + pause
        outlook = _outlook(verdict, final, part.log)
        self._tell(part.part.name, f"{error.reason}{_taken_port(part)}{outlook}")

    def is_due(self, name: str) -> bool:
        """Whether its pause is over."""
        return time.monotonic() >= self._due[name]

    def start_again(self, part: RunningPart, layout: Layout) -> RunningPart:
        """Start a dead part again; returns the dead one if it could not be started."""
        try:
            new = running_part.start(part.part, layout, restarts=part.record.restarts + 1)
        except PartError as error:
            self.end_dead(part, error, layout)
            return part
        new.deaths = part.deaths
        return new


def _outlook(verdict: Verdict, final: str | None, log: Path) -> str:
    if verdict.pause is not None:
        return f"; starts again in {verdict.pause:.0f} s; its log: {log}"
    anew = f"then end all by `{command('down')}` and start again; its log: {log}"
    if final is not None:
        return f"; does not start again: {final}. To have it back, end the other one, {anew}"
    return (
        f"; died {verdict.deaths} times, each soon after the time before, and is given up. "
        f"The other parts go on. Mend what its log tells, {anew}"
    )


def _taken_port(part: RunningPart) -> str:
    """Which process listens on a port of a dead part."""
    taken = [port for port in part.part.ports.values() if not port_is_free(port)]
    return "".join(f"; port {port} is taken{port_owner(port)}" for port in taken)
