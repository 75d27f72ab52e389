"""What is to be done so that Spark has the number of executors that is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorState:
    """How many executors the cluster was last asked for, those that are registered by id, with the
    moment of that in milliseconds, and which of these end after their present tasks."""

    requested: int
    registered: Mapping[str, int] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()

    @property
    def running(self) -> dict[str, int]:
        """The executors that take tasks."""
        return {name: at for name, at in self.registered.items() if name not in self.leaving}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSteps:
    """First ask the cluster for so many executors, None if that is done; then let these end."""

    request: int | None = None
    decommission: tuple[str, ...] = ()


def steps_to(wanted: int | None, state: ExecutorState) -> ScalingSteps:
    """What is missing, seen anew each time: an executor that dies meanwhile is one that has ended.
    None asks for no change.

    Before executors end the cluster is asked for fewer, or it would replace them. The youngest end,
    since the oldest have compiled their code and opened their connections.
    """
    target = state.requested if wanted is None else wanted
    running = state.running
    by_age = sorted(running, key=lambda name: (running[name], _number(name)))
    ending = tuple(reversed(by_age[target:])) if wanted is not None else ()
    is_asked = target == state.requested and not ending
    return ScalingSteps(request=None if is_asked else target, decommission=ending)


def told(state: ExecutorState, problem: str | None = None) -> str:
    """What the driver answers, in a sentence or two."""
    found = f"{state.requested} asked for, {len(state.running)} running"
    if state.leaving:
        found += f", {len(state.leaving)} ending"
    return f"{found}." if problem is None else f"{found}. Held: {problem}."


def _number(name: str) -> tuple[int, str]:
    """Executors are numbered as they are made."""
    return (int(name), name) if name.isascii() and name.isdigit() else (0, name)
