"""How old the figures are: the last moment of which it is certain that nothing is missing."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

_MAX_SAMPLES: Final = 512
METRICS_SLACK: Final = timedelta(seconds=15)
"""The live metrics may be this far behind the warehouse, whose micro-batches are not theirs."""


class CaughtUp:
    """Compares where Kafka ended at known moments with how far the ledger has come since.

    All events that lay on Kafka at the moment `confirmed` are in the figures. This tells a
    shop where nothing happens (fresh) from a pipeline that stands still or runs behind (old).
    """

    def __init__(self) -> None:
        self.confirmed: datetime | None = None
        self._samples: deque[tuple[datetime, Mapping[int, int]]] = deque()

    def observe(self, moment: datetime, ends: Mapping[int, int]) -> None:
        """End offsets as asked for at `moment`; many samples are thinned out, oldest kept.

        Offsets that went back are another Kafka, of which nothing is known yet.
        """
        last = self._samples[-1][1] if self._samples else {}
        if self._samples and last == ends:
            return
        if any(ends.get(partition, 0) < end for partition, end in last.items()):
            self._samples.clear()
        self._samples.append((moment, dict(ends)))
        if len(self._samples) > _MAX_SAMPLES:
            self._samples = deque(list(self._samples)[::2])

    def advance(self, done_to: Mapping[int, int]) -> None:
        """Confirm the newest sample that the ledger, done to these offsets, has passed."""
        while self._samples and _has_passed(done_to, self._samples[0][1]):
            self.confirmed = self._samples.popleft()[0]


def _has_passed(done_to: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    return all(done_to.get(partition, 0) >= end for partition, end in ends.items())


def metrics_confirmed(
    *, polled_at: datetime | None, newest: datetime | None, ledger_moved_at: datetime | None
) -> datetime | None:
    """Until when the live metrics are complete.

    They are as new as the last look at them, unless the warehouse has gone on for more than
    METRICS_SLACK past the newest document: then the metrics query stands still.
    """
    if polled_at is None or ledger_moved_at is None:
        return polled_at
    if newest is None or ledger_moved_at > newest + METRICS_SLACK:
        return newest
    return polled_at


def age_seconds(confirmed: datetime | None, *, now: datetime) -> float | None:
    """Seconds with one decimal, never negative; None where nothing was confirmed yet."""
    if confirmed is None:
        return None
    return max(0.0, round((now - confirmed).total_seconds(), 1))
