"""A part of the platform before it runs, and the order in which parts start and stop."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

Check = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process: how it starts, what it needs ready first, when it is ready, how it stops."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    needs: tuple[str, ...] = ()
    ready: Check | None = None
    """None for a part that does its work once and ends; it is ready when it ended well."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """By the name of the setting that moves each."""
    final_exits: Mapping[int, str] = field(default_factory=dict)
    """Exit codes after which it must not start again, and why not."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10.0
    ready_within: float = 60.0

    def with_environment(self, more: Mapping[str, str]) -> "Part":
        """The same part with more variables."""
        return replace(self, environment={**self.environment, **more})


def with_needs(names: list[str], needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """These parts and, before each, all that it needs, in a stable order."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name not in ordered:
            for needed in needs[name]:
                add(needed)
            ordered.append(name)

    for name in names:
        add(name)
    return ordered


def path_to_missing(name: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The chain of needs from this part to the first one that `needs` does not have; empty if it
    has all."""
    if name not in needs:
        return [name]
    paths = (path_to_missing(need, needs) for need in needs[name])
    return next(([name, *path] for path in paths if path), [])


def stop_waves(names: list[str], needs: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """The order of stopping: the parts of a wave stop together, after all parts that need them."""
    left = list(names)
    waves = []
    while left:
        needed = {need for name in left for need in with_needs([name], needs) if need != name}
        wave = [name for name in left if name not in needed]
        waves.append(wave)
        left = [name for name in left if name in needed]
    return waves
