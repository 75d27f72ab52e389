"""Corrects a sender's clock by the moment at which its request arrived."""

from datetime import datetime, timedelta
from typing import Final

from event_contracts.record import as_utc

LATENCY: Final = timedelta(seconds=5)
"""A request may take this long to arrive; a smaller difference is no error of a clock."""
MAX_SKEW: Final = timedelta(hours=24)
"""A larger difference comes from a request that waited somewhere, not from a wrong clock."""


def corrected(moment: datetime, *, sent_at: datetime, received_at: datetime) -> datetime:
    """`moment` by our clock: shifted if `sent_at`, by the sender's clock, differs from the arrival
    by more than LATENCY and at most MAX_SKEW; else unchanged."""
    sent = as_utc(sent_at)
    if sent is None or not LATENCY < abs(received_at - sent) <= MAX_SKEW:
        return moment
    try:
        return moment + (received_at - sent)
    except OverflowError:
        return moment
