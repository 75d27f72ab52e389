"""How old the figures are: the last moment of which it is certain that nothing is missing."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from analytics_api.reconciliation import Offsets, is_ahead

_MAX_SAMPLES: Final = 512
METRICS_SLACK: Final = timedelta(seconds=15)
"""The live metrics may be this far behind the warehouse, whose micro-batches are not theirs."""
STANDS_STILL_AFTER: Final = timedelta(seconds=30)


class CaughtUp:
    """Compares where Kafka ended at known moments with how far the ledger has come since.

    All events that lay on Kafka at the moment `confirmed` are in the figures. This tells a
    shop where nothing happens (fresh) from a pipeline that stands still or runs behind (old).
    """

    def __init__(self) -> None:
        self.confirmed: datetime | None = None
        self._samples: deque[tuple[datetime, Offsets]] = deque()

    def observe(self, moment: datetime, ends: Offsets) -> None:
        """End offsets as asked for at `moment`; many samples are thinned out, oldest kept.

        Offsets that went back are another Kafka, of which nothing is known yet.
        """
        last = self._samples[-1][1] if self._samples else {}
        if self._samples and last == ends:
            return
        if any(ends.get(place, 0) < end for place, end in last.items()):
            self._samples.clear()
        self._samples.append((moment, dict(ends)))
        if len(self._samples) > _MAX_SAMPLES:
            self._samples = deque(list(self._samples)[::2])

    def advance(self, done_to: Offsets) -> None:
        """Confirm the newest sample that the ledger, done to these offsets, has passed."""
        while self._samples and not is_ahead(self._samples[0][1], done_to):
            self.confirmed = self._samples.popleft()[0]


def metrics_confirmed(
    *, polled_at: datetime | None, newest: datetime | None, ledger_moved_at: datetime | None
) -> datetime | None:
    """Until when the live metrics are complete.

    They are as new as the last look at them, unless the warehouse has gone on for more than
    METRICS_SLACK past the newest document: then the figures query stands still.
    """
    if polled_at is None or ledger_moved_at is None:
        return polled_at
    if newest is None or ledger_moved_at > newest + METRICS_SLACK:
        return newest
    return polled_at


def stands_still(*, ahead_since: datetime | None, moved_at: datetime | None, now: datetime) -> bool:
    """Whether the pipeline has left records on Kafka for STANDS_STILL_AFTER and done nothing.

    `ahead_since` is when Kafka was first seen ahead of the ledger, None while it is not;
    `moved_at` is when the ledger last went on.
    """
    if ahead_since is None:
        return False
    return now - max(ahead_since, moved_at or ahead_since) >= STANDS_STILL_AFTER


def age_seconds(confirmed: datetime | None, *, now: datetime) -> float | None:
    """Seconds with one decimal, never negative; None where nothing was confirmed yet."""
    if confirmed is None:
        return None
    return max(0.0, round((now - confirmed).total_seconds(), 1))
