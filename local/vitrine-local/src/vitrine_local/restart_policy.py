"""Decides whether and when a dead part starts again; no clock and no process here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """All in seconds but `most_deaths`.

    Each pause is twice the one before. A part that was ready for `forgotten_after` without a
    break begins to count anew.
    """

    first_pause: float = 1.0
    most_deaths: int = 6
    forgotten_after: float = 300.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a part after so many `deaths`, each soon after the one before.

    It starts again after `pause` seconds, or is given up where that is None.
    """

    deaths: int
    pause: float | None


def judge(policy: RestartPolicy, *, deaths: int, ready_for: float, final: bool) -> Verdict:
    """Judge one more death after `deaths`.

    `ready_for` is how long the part was ready, 0 where it never was. `final` is an end that the
    part chose because another one does its work: to start it again would be wrong.
    """
    counted = 1 if ready_for >= policy.forgotten_after else deaths + 1
    if final or counted >= policy.most_deaths:
        return Verdict(counted, None)
    return Verdict(counted, policy.first_pause * 2.0 ** (counted - 1))
