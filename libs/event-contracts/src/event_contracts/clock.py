"""What a sender's clock says, put right by the moment its request arrived."""

from datetime import datetime, timedelta
from typing import Final

from event_contracts.record import as_utc

LATENCY: Final = timedelta(seconds=5)
"""A request may take so long to arrive: no clock need be wrong."""
MAX_SKEW: Final = timedelta(hours=24)
"""More than any time zone or half of a day; a request that lay for longer is no wrong clock."""


def corrected(moment: datetime, *, sent_at: datetime, received_at: datetime) -> datetime:
    """`moment` by our clock, where the sender's own, told by `sent_at`, differs from it by more
    than LATENCY and at most by MAX_SKEW; else as it is."""
    sent = as_utc(sent_at)
    if sent is None or not LATENCY < abs(received_at - sent) <= MAX_SKEW:
        return moment
    try:
        return moment + (received_at - sent)
    except OverflowError:
        return moment
