"""Whether a step up did any good, and when to try again after one that did not."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from lag_scaler.law.throughput import Episode

# Of the speed that a step adds, so much must be seen for the step to count.
LEAST_GAIN: Final = 0.3
JUDGED_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 4 * 3600.0
# A throughput so much higher than what the sink let through says that the sink has recovered.
RECOVERED: Final = 1.15


class Verdict(Enum):
    """What a trial has shown so far."""

    PENDING = auto()
    WORKED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Trial:
    """A step up from `origin` to `target`, with the throughput and speed before it."""

    origin: int
    target: int
    throughput: float
    gain: float


@dataclass(frozen=True, slots=True)
class Pause:
    """After a step without effect: no step up until then, unless more than `ceiling` goes through.

    It outlasts its end, so that the next failure in a row makes a longer one."""

    ceiling: float
    until: float
    failures: int


def judge_trial(trial: Trial, episode: Episode, *, at: float) -> Verdict:
    """Compare busy consumers' throughput; without a backlog the step has done what it was for."""
    if episode.ready != trial.target:
        return Verdict.PENDING
    if not episode.saturated:
        settled = at - episode.since >= JUDGED_SECONDS
        return Verdict.WORKED if settled else Verdict.PENDING
    if episode.throughput is None or episode.seconds < JUDGED_SECONDS:
        return Verdict.PENDING
    expected = trial.throughput * (1 + LEAST_GAIN * trial.gain)
    return Verdict.WORKED if episode.throughput >= expected else Verdict.FAILED


def next_pause(before: Pause | None, *, ceiling: float, at: float, seconds: float) -> Pause:
    """A pause of `seconds`, twice as long after each failure in a row."""
    failures = before.failures + 1 if before else 1
    length = min(seconds * 2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS)
    return Pause(ceiling, at + length, failures)


def is_pause_in_force(pause: Pause | None, episode: Episode, *, at: float) -> bool:
    """Whether the pause forbids a step up now."""
    if pause is None or at >= pause.until:
        return False
    return (episode.throughput or 0.0) <= pause.ceiling * RECOVERED
