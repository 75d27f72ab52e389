"""How old the figures are: until when they are certainly complete."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from analytics_api.ledger_audit import Offsets, is_ahead

_MAX_SAMPLES: Final = 512
METRICS_SLACK: Final = timedelta(seconds=15)
"""The live metrics may be this far behind the warehouse, since their micro-batches are others."""
STANDS_STILL_AFTER: Final = timedelta(seconds=30)


class CaughtUp:
    """Compares Kafka's ends at known moments with the progress of the ledger.

    All events that Kafka held at the moment `confirmed` are in the figures. So a shop without
    events is fresh, and a pipeline that stands still or lags is old.
    """

    def __init__(self) -> None:
        self.confirmed: datetime | None = None
        self._samples: deque[tuple[datetime, Offsets]] = deque()

    def observe(self, moment: datetime, ends: Offsets) -> None:
        """Add the end offsets at `moment`; of many samples some are dropped and the oldest is kept.
        Offsets that went back belong to another Kafka: all samples are dropped."""
        last = self._samples[-1][1] if self._samples else {}
        if self._samples and last == ends:
            return
        if any(ends.get(place, 0) < end for place, end in last.items()):
            self._samples.clear()
        self._samples.append((moment, dict(ends)))
        if len(self._samples) > _MAX_SAMPLES:
            self._samples = deque(list(self._samples)[::2])

    def advance(self, done_to: Offsets) -> None:
        """Confirm the newest sample whose offsets the ledger has all done."""
        while self._samples and not is_ahead(self._samples[0][1], done_to):
            self.confirmed = self._samples.popleft()[0]


def metrics_confirmed(
    *, polled_at: datetime | None, newest: datetime | None, ledger_moved_at: datetime | None
) -> datetime | None:
    """Until when the live metrics are complete: until they were last read, unless the warehouse is
    more than METRICS_SLACK ahead of the newest document. Then the figures query stands still."""
    if polled_at is None or ledger_moved_at is None:
        return polled_at
    if newest is None or ledger_moved_at > newest + METRICS_SLACK:
        return newest
    return polled_at


def stands_still(*, ahead_since: datetime | None, moved_at: datetime | None, now: datetime) -> bool:
    """Whether Kafka has held records for STANDS_STILL_AFTER while the pipeline did nothing.

    `ahead_since` is when Kafka was first seen ahead of the ledger, None while it is not; `moved_at`
    is when the ledger last advanced.
    """
    if ahead_since is None:
        return False
    return now - max(ahead_since, moved_at or ahead_since) >= STANDS_STILL_AFTER


def age_seconds(confirmed: datetime | None, *, now: datetime) -> float | None:
    """Seconds with one decimal, never negative; None where nothing was confirmed yet."""
    if confirmed is None:
        return None
    return max(0.0, round((now - confirmed).total_seconds(), 1))
